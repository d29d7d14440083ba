using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Evidence of an earlier publish of the very same image: the same statements, byte for byte, by the same signer, verified in the destination.
/// It is kept instead of being made again, because every signature differs and would add another referrer.
/// </summary>
internal sealed class EarlierEvidence(Destination destination, IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine, string workDirectory)
{
    /// <summary>Remembers what cosign accepts, for the verification of the whole.</summary>
    public AcceptedBundles Accepted { get; init; } = new();

    /// <summary>
    /// Has cosign look at what lies with the image while that is built or scanned, so that <see cref="FindAsync"/> finds it accepted. Decides nothing, and what goes
    /// wrong here goes wrong there again.
    /// </summary>
    /// <param name="predicateTypes">What a signed image must carry.</param>
    /// <param name="inRegistry">Cosign also looks for the signature by itself, as the last verification has it do. Holds as long as nothing is added.</param>
    public async Task LookAheadAsync(Descriptor image, IReadOnlyList<string> predicateTypes, SigningIdentity identity, bool inRegistry, CancellationToken cancellationToken)
    {
        try
        {
            using var work = new WorkFolder(Directory.CreateDirectory(workDirectory).FullName);
            var found = await ReadAsync(image, [.. predicateTypes.Where(type => type != PredicateTypes.SimpleSigning).Select(type => new Wanted(type, null))], identity, work.Path, cancellationToken);
            if (found.Count == 0)
                return;
            if (inRegistry && await Check.LookTogetherAsync(image.Digest, found, destination.EvidenceSeen(image.Digest) ?? [], identity, cancellationToken))
                return;
            var signature = inRegistry ? found.FirstOrDefault(signed => signed.PredicateType == PredicateTypes.CosignSignature) : null;
            await Task.WhenAll(
                Check.PassesAsync(image.Digest, found, identity, cancellationToken),
                signature is null ? Task.CompletedTask : Check.LookInRegistryAsync(signature, identity, cancellationToken));
        }
        catch (Exception exception) when (exception is DiagnosticException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
        }
    }

    /// <summary>
    /// Writes the bundles as the signer would have, of those statements that are there already and say the same; null: none is, or what is there is not to
    /// be trusted.
    /// </summary>
    public async Task<IReadOnlyList<SignedEvidence>?> FindAsync(
        Descriptor image, IReadOnlyList<StatementToSign> statements, SigningIdentity identity, string directory, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(image, [.. statements.Select(statement => new Wanted(statement.PredicateType, statement))], identity, directory, cancellationToken);
        // Of another signer, or not verifiable: it stays where it is, and ours is added.
        return found.Count > 0 && await Check.PassesAsync(image.Digest, found, identity, cancellationToken) ? found : null;
    }

    private SignatureCheck Check => new(destination, runner, cosign, settings, machine, workDirectory) { Accepted = Accepted };

    private async Task<IReadOnlyList<SignedEvidence>> ReadAsync(
        Descriptor image, IReadOnlyList<Wanted> wanted, SigningIdentity identity, string directory, CancellationToken cancellationToken)
    {
        // What is not there has no evidence: the usual case.
        if (Job(identity) is not (true, var job) || !await destination.HasImageAsync(image.Digest, cancellationToken))
            return [];

        // Seen while the image was built, a moment ago; what is not in there may have come since.
        var chosen = destination.EvidenceSeen(image.Digest) is { } seen && Choose(seen) is var all && all.Count == wanted.Count
            ? all
            : Choose(await destination.ReadEvidenceAsync(image, cancellationToken));
        var found = new List<SignedEvidence>();
        foreach (var (one, bundle) in chosen)
        {
            var file = Path.Combine(directory, $"{one.Statement?.Name ?? PredicateTypes.FileName(one.PredicateType) ?? $"{found.Count}"}.sigstore.json");
            await File.WriteAllBytesAsync(file, bundle.Content, cancellationToken);
            found.Add(new SignedEvidence(image.Digest, one.PredicateType, file) { Earlier = true });
        }

        return found;

        List<(Wanted Wanted, StoredBundle Bundle)> Choose(IReadOnlyList<StoredBundle> stored) =>
        [
            .. from one in wanted
               let bundle = stored.FirstOrDefault(candidate => candidate.PredicateType == one.PredicateType && (one.Statement is not { } statement || Says(candidate, statement)) && IsOf(job, candidate))
               where bundle is not null
               select (one, bundle),
        ];
    }

    /// <summary>
    /// Whether what was added now is of the very signer that the kept is of. Where workflows are reused a job learns its name only by signing; all of one
    /// image is then signed anew, so that one identity verifies it.
    /// </summary>
    public async Task<bool> IsOfOneSignerAsync(IReadOnlyList<SignedEvidence> kept, IReadOnlyList<SignedEvidence> made, CancellationToken cancellationToken)
    {
        if (kept.Count == 0 || made.Count == 0 || IsAskedFor)
            return true;
        var (before, now) = (await CertificateAsync(kept[0]), await CertificateAsync(made[0]));
        return (before?.Subject, before?.Issuer) == (now?.Subject, now?.Issuer);

        async Task<CertificateIdentity?> CertificateAsync(SignedEvidence signed) => CertificateOf(await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken));
    }

    /// <summary>
    /// Without a key, a bundle that is found there names its own maker, whoever that is: it must be the one that the settings ask for, or this job. Null: a
    /// key or the settings say who. Unknown: nothing there can be kept.
    /// </summary>
    private (bool IsKnown, JobIdentity? Job) Job(SigningIdentity identity)
    {
        if (!identity.IsKeyless || IsAskedFor)
            return (true, null);
        var job = JobIdentity.Read(identity.Ambient!, machine);
        return (job is not null, job);
    }

    /// <summary>The settings say who must have signed.</summary>
    private bool IsAskedFor => PublicKeySource.FromSettings(settings, logged: true, machine) is not null;

    private static bool IsOf(JobIdentity? job, StoredBundle candidate) => job is null || (CertificateOf(candidate.Content) is { } certificate && job.IsOfThisJob(certificate));

    /// <summary>Of a bundle over a statement or over a message; null: a key has signed it, or it is damaged.</summary>
    private static CertificateIdentity? CertificateOf(ReadOnlyMemory<byte> bundle)
    {
        try
        {
            using var document = JsonDocument.Parse(bundle);
            return Bundle.ReadCertificate(document.RootElement.GetProperty("verificationMaterial")) is { } certificate ? CertificateIdentity.Read(certificate) : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Says(StoredBundle candidate, StatementToSign statement)
    {
        if (statement.PredicateType == PredicateTypes.SimpleSigning)
            return LegacyForm.IsOver(statement.Content, candidate.Content);
        // Whoever may write to the repository may attach anything.
        return candidate.Bundle is { } bundle && StatementMeaning.IsSame(statement.PredicateType, statement.Content.Span, bundle.Payload.Span);
    }

    /// <param name="Statement">Null: whatever it says.</param>
    private sealed record Wanted(string PredicateType, StatementToSign? Statement);
}
