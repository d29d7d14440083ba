using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Verifies an image in its destination as a stranger would: with cosign and the public key (or the identity), by predicate type. Plain
/// <c>cosign verify</c> is not enough, since it accepts any bundle, a lone SBOM included. What cosign accepts is then compared with what was signed.
/// </summary>
public sealed class Verifier(IToolRunner runner, Tool cosign, IMachine machine, TimeProvider? clock = null)
{
    /// <summary>Each candidate costs a process; a layout that holds more of one type is not believed to be in order.</summary>
    private const int MostCandidates = 32;

    private readonly CosignVerification _cosign = new(runner, cosign, machine);

    internal VerificationTogether Together => new(_cosign);

    /// <summary>What has been verified before by this publish.</summary>
    internal AcceptedBundles Accepted { get; init; } = new();

    /// <summary>Ends when nothing more is being added to <see cref="Accepted"/> by others.</summary>
    internal Task Ahead { get; init; } = Task.CompletedTask;

    /// <summary>The same for what cosign finds in the registry by itself.</summary>
    internal Task AheadInRegistry { get; init; } = Task.CompletedTask;

    /// <exception cref="DiagnosticException">SCB5801: something is missing, signed by another one, or about another image; the message names which.</exception>
    public async Task<Verification> VerifyAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        if (request.Reference.Digest is not { } pinned || pinned != request.Digest || !request.Digest.IsSet)
            throw Failed($"{request.Reference} is not pinned to {request.Digest}, the image that was signed. Only a digest can be verified: a tag may move in between.");
        if (request.PredicateTypes.Count == 0)
            throw Failed($"{request.Reference}: nothing was asked for. Name at least one predicate type; '{PredicateTypes.CosignSignature}' is the image signature.");
        var own = await ReadOwnAsync(request, cancellationToken);
        // Without a statement of our own to compare with, any other one of the same signer would do: an older SBOM, for example.
        if (request.Own.Count > 0 && request.PredicateTypes.FirstOrDefault(type => type != PredicateTypes.SimpleSigning && !own.Contains(type)) is { } unsigned)
            throw Failed($"{PredicateTypes.Describe(unsigned)} ({unsigned}) of {request.Reference} was not signed in this publish. Publish again; if SupplyChainPublishDependsOn has been changed, put its steps back.");
        await Task.WhenAll(Ahead, AheadInRegistry).WaitAsync(cancellationToken);
        if (request.Stored.Count > 0 && VerificationTogether.Fits(request) && !request.PredicateTypes.All(type => type == PredicateTypes.SimpleSigning || IsAccepted(request, type, own[type])))
            await Together.AcceptAsync(request, Accepted, cancellationToken);
        using var work = new WorkFolder(Directory.CreateDirectory(request.WorkDirectory).FullName);
        var statements = await Task.WhenAll(request.PredicateTypes.Select((type, index) => type == PredicateTypes.SimpleSigning
            ? VerifySimpleSigningAsync(request, cancellationToken)
            : request.IsReadBack(type)
            ? VerifyStoredAsync(request, type, own[type], work.File($"{index}"), cancellationToken)
            : VerifyInRegistryAsync(request, type, own[type], cancellationToken)));
        return new Verification(
            request.Digest, request.Reference.At(request.Digest).ToString(), request.Signer.DisplayName, statements, (clock ?? TimeProvider.System).GetUtcNow());
    }

    /// <summary>Cosign has been asked just that before.</summary>
    private bool IsAccepted(VerificationRequest request, string type, IEnumerable<Digest> own) => Candidates(request, type, own).Any(candidate =>
        AcceptedBundles.Question(candidate.Content, request.Signer, request.IsReadBack(type) ? request.AskedOfBytes(type) : request.AskedInRegistry(type)) is { } question && Accepted.Has(question));

    private async Task<VerifiedStatement> VerifyInRegistryAsync(
        VerificationRequest request, string type, IEnumerable<Digest> own, CancellationToken cancellationToken)
    {
        var reference = request.Reference.At(request.Digest).ToString();
        var asked = request.AskedInRegistry(type);
        var back = FindBack(request, type, own);
        var question = back is { } found ? AcceptedBundles.Question(found.Content, request.Signer, asked) : null;
        if (question is not null && Accepted.Has(question))
            return back!.Value.Verified;
        var result = await _cosign.AskRegistryAsync(request, asked, cancellationToken);
        if (result.ExitCode != 0)
            throw Explain(request, type, result);
        if (result.OutputWasCut)
            throw Failed($"{reference} has too many attestations of type {type} to be read. Remove those that are not yours.");
        var accepted = VerifiedEnvelopes.Read(result.StandardOutput)
            .Where(envelope => envelope.Statement.PredicateType == type && envelope.Statement.Subjects.Contains(request.Digest))
            .Select(envelope => ToVerified(type, envelope.Payload))
            .ToList();
        var chosen = Choose(accepted, own)
            ?? throw Failed($"cosign accepts {PredicateTypes.Describe(type)} ({type}) of {reference}, but not one of what it gives back is {Wanted(own)}. {ReplacedEvidence}");
        if (question is not null && back!.Value.Verified.Payload == chosen.Payload)
            Accepted.Add(question);
        return chosen;
    }

    /// <summary>
    /// The bundle with the statement of this publish, as the destination gave it back. Null: there is none, or several, of which cosign may have accepted another one.
    /// </summary>
    private static (ReadOnlyMemory<byte> Content, VerifiedStatement Verified)? FindBack(VerificationRequest request, string type, IEnumerable<Digest> own)
    {
        var found = own.Any() ? Candidates(request with { Stored = [.. request.Stored.Where(stored => stored.PredicateType == type)] }, type, own).Take(2).ToList() : [];
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>Of what the destination gave back: the statements of this type about the image; of this publish, where it has signed one.</summary>
    private static IEnumerable<(ReadOnlyMemory<byte> Content, VerifiedStatement Verified)> Candidates(VerificationRequest request, string type, IEnumerable<Digest> own) => request.Stored
        .Select(stored => (stored.Content, stored.Bundle))
        .Where(item => item.Bundle?.Statement.PredicateType == type && item.Bundle.Statement.Subjects.Contains(request.Digest))
        .Select(item => (item.Content, Verified: ToVerified(type, item.Bundle!.Payload)))
        .Where(item => !own.Any() || own.Contains(item.Verified.Payload));

    private async Task<VerifiedStatement> VerifySimpleSigningAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        await VerifyLegacySignatureAsync(request, cancellationToken);
        return new VerifiedStatement(PredicateTypes.SimpleSigning, request.Digest);
    }

    /// <summary>A signature in cosign's older layout: the tag <c>sha256-HEX.sig</c>. It names the image's digest and has no predicate type.</summary>
    /// <exception cref="DiagnosticException">SCB5801.</exception>
    internal async Task VerifyLegacySignatureAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        var result = await _cosign.AskRegistryAsync(
            request with { Legacy = true },
            // Where there are bundles cosign 3 looks no further.
            ["verify", .. request.Stored.Count > 0 ? ["--new-bundle-format=false"] : Array.Empty<string>(), .. request.Signer.Arguments, .. request.Access.Arguments, "--", request.Reference.At(request.Digest).ToString()],
            cancellationToken);
        if (result.ExitCode != 0)
            throw Explain(request, PredicateTypes.SimpleSigning, result);
    }

    private async Task<VerifiedStatement> VerifyStoredAsync(
        VerificationRequest request, string type, IEnumerable<Digest> own, string file, CancellationToken cancellationToken)
    {
        var reference = request.Reference.At(request.Digest).ToString();
        var candidates = Candidates(request, type, own).Take(MostCandidates).ToList();
        if (candidates.Count == 0)
        {
            var found = request.Stored.Select(stored => SingleLine.Of(stored.Bundle?.Statement.PredicateType ?? "a damaged bundle", 300)).Distinct().Order(StringComparer.Ordinal).ToList();
            throw Failed($"{PredicateTypes.Describe(type)} ({type}) is not with {reference}; there is {(found.Count == 0 ? "no evidence at all" : string.Join(", ", found))}, but nothing that is {Wanted(own)}. {ReplacedEvidence}");
        }
        ToolResult? last = null;
        foreach (var (content, verified) in candidates)
        {
            var asked = request.AskedOfBytes(type);
            var question = AcceptedBundles.Question(content, request.Signer, asked);
            if (question is not null && Accepted.Has(question))
                return verified;
            await File.WriteAllBytesAsync(file, content, cancellationToken);
            last = await _cosign.AskAboutFileAsync(request, ["verify-blob-attestation", "--bundle", file, .. asked], cancellationToken);
            if (last.ExitCode == 0)
            {
                if (question is not null)
                    Accepted.Add(question);
                return verified;
            }

            // Before 2.6: it knows attestations in a registry only.
            if (request.Legacy && CosignDialect.IsUnknown(last.StandardError, "--digest"))
                return await VerifyInRegistryAsync(request, type, own, cancellationToken);
        }
        throw Explain(request, type, last!);
    }

    /// <summary>The statements this publish signed, by predicate type.</summary>
    private static async Task<ILookup<string, Digest>> ReadOwnAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        var read = new List<(string Type, Digest Payload)>();
        foreach (var evidence in request.Own.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning))
        {
            try
            {
                var bundle = await Bundle.ReadAsync(evidence.BundleFile, cancellationToken);
                if (evidence.Subject != request.Digest || !bundle.Statement.Subjects.Contains(request.Digest))
                    throw Failed($"the bundle {evidence.BundleFile} is about another image than {request.Digest}. Publish again.");
                if (bundle.Statement.PredicateType != evidence.PredicateType)
                    throw Failed($"the bundle {evidence.BundleFile} is of the type {SingleLine.Of(bundle.Statement.PredicateType, 300)}, not {evidence.PredicateType}. Publish again; give each project a SupplyChainOutputPath of its own.");
                read.Add((evidence.PredicateType, Digest.Of(bundle.Payload.Span)));
            }
            catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
            {
                throw new DiagnosticException(DiagnosticCodes.VerificationFailed, $"the bundle {evidence.BundleFile} cannot be used: {SingleLine.Of(exception.Message, 300).TrimEnd('.')}. Publish again.", exception);
            }
        }
        return read.ToLookup(item => item.Type, item => item.Payload);
    }

    private DiagnosticException Explain(VerificationRequest request, string type, ToolResult result)
    {
        var said = CosignFailure.Said(result, machine, request.Access.Credential?.Password, request.Access.Credential?.IdentityToken, request.Access.Credential?.RegistryToken);
        bool Says(params string[] texts) => texts.Any(text => result.StandardError.Contains(text, StringComparison.OrdinalIgnoreCase));
        // Cosign's words choose the advice only; that the verification failed is known by its exit code.
        var advice = CosignVerification.IsAboutCredentials(result)
            ? $"Cosign reads the registry by itself: log in with docker login {request.Reference.Registry}, or set DOTNET_CONTAINER_PUSH_REGISTRY_UNAME and …_PWORD."
            : Says("signed by unknown authority", "failed to verify log inclusion", "failed to verify signed certificate timestamp", "threshold not met", "no trusted", "not enough verified")
                ? "It comes from another Sigstore than the one that is trusted: set SupplyChainTrustedRoot to the trusted root of yours."
            : Says("dial tcp", "connection refused", "no such host", "x509:", "i/o timeout", "server gave HTTP response")
                ? "Cosign could not reach the registry as this build did; check proxy and certificates, then publish again."
                : Says("none of the attestations matched", "no matching attestations: \n", "no attestations", "no signatures found")
                    ? "It is not there: publish again, or sign and attach it."
                    : "It was signed by another one, or changed since: check SupplyChainVerificationKey (it must be the public half of SupplyChainSigningKey), and who else writes to this repository.";
        return Failed($"{PredicateTypes.Describe(type)} ({type}) of {request.Reference.At(request.Digest)} could not be verified with {request.Signer.DisplayName}: {said}. {advice}");
    }

    private const string ReplacedEvidence = "Publish again; if this repeats, somebody or something rewrites the evidence in this repository.";

    private static string Wanted(IEnumerable<Digest> own) => own.Any() ? "what this publish signed" : "a statement about this image";

    private static VerifiedStatement? Choose(List<VerifiedStatement> accepted, IEnumerable<Digest> own) =>
        accepted.FirstOrDefault(statement => !own.Any() || own.Contains(statement.Payload));

    private static VerifiedStatement ToVerified(string type, ReadOnlyMemory<byte> payload) => new(type, Digest.Of(payload.Span)) { Content = payload };

    private static DiagnosticException Failed(string message) => new(DiagnosticCodes.VerificationFailed, message);
}
