using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Verifying;

/// <summary>What has to be found out about an image that somebody published.</summary>
/// <param name="Reference">With a tag or a digest; a tag is resolved once, and only its digest is looked at from then on.</param>
/// <param name="Required">Predicate types that must be there, besides the signature.</param>
/// <param name="WorkDirectory">Absolute; for private files that are deleted at the end.</param>
internal sealed record ExaminationRequest(ImageReference Reference, ExpectedSigner Signer, IReadOnlyList<string> Required, RegistryAccess Access, string WorkDirectory)
{
    /// <summary>Where its evidence is, when COSIGN_REPOSITORY says that it is elsewhere.</summary>
    public IImageStore? Evidence { get; init; }

    /// <summary>Who may have signed as well as <see cref="Signer"/>: each statement must be of one of them.</summary>
    public IReadOnlyList<ExpectedSigner> OtherSigners { get; init; } = [];

    /// <summary>Reads every byte of the layers too, and not only manifests and configurations.</summary>
    public bool ReadLayers { get; init; }

    internal IReadOnlyList<ExpectedSigner> Signers => [Signer, .. OtherSigners];
}

/// <summary>One statement about an image that the expected one has signed.</summary>
/// <param name="Content">The in-toto statement.</param>
/// <param name="SignedBy">The certificate's subject, or the key as it was asked for.</param>
/// <param name="Log">Where a transparency log has it; null: in none that the bundle names.</param>
internal sealed record ExaminedStatement(string PredicateType, ReadOnlyMemory<byte> Content, string SignedBy, LogEntry? Log)
{
    /// <summary>When a timestamp server has seen it, where one had to.</summary>
    public DateTimeOffset? TimestampedAt { get; init; }
}

/// <param name="Statements">The signature first, then in the order of <see cref="PredicateTypes.All"/>.</param>
/// <param name="Refused">Predicate types that are there and were not signed by the expected one.</param>
internal sealed record ExaminedImage(ImageReference Reference, IReadOnlyList<ExaminedStatement> Statements, IReadOnlyList<string> Refused)
{
    public ExaminedStatement? Find(string predicateType) => Statements.FirstOrDefault(statement => statement.PredicateType == predicateType);
}

/// <summary>Verifies an image of any origin by predicate type, bundles as well as cosign's older layout (<c>.sig</c> and <c>.att</c> tags).</summary>
internal sealed class ImageExaminer(Verifier verifier)
{
    /// <exception cref="DiagnosticException">SCB5801: the image, its signature or a required attestation is not there, or of another one.</exception>
    public async Task<ExaminedImage> ExamineAsync(IImageStore store, ExaminationRequest request, CancellationToken cancellationToken)
    {
        var digest = await ResolveAsync(store, request.Reference, cancellationToken);
        var manifest = await store.ReadManifestAsync(digest, cancellationToken) ?? throw Failed($"{store.Repository.Name} has no image {digest}. Check the reference.");
        var stored = await new EvidencePlace(request.Evidence ?? store, SignatureFormat.Bundle, TimeProvider.System).ReadAsync(new Descriptor(MediaTypes.OciManifest, digest, manifest.Length), cancellationToken);
        var bundles = stored.Select(item => item.Bundle).OfType<Bundle>().Where(bundle => bundle.Statement.Subjects.Contains(digest)).ToList();
        var legacy = bundles.Count == 0;
        // What is not listed in bundles may be in the older layout, which does not say what it has.
        var present = legacy ? PredicateTypes.All : [.. bundles.Select(bundle => bundle.Statement.PredicateType).Where(PredicateTypes.All.Contains)];
        var needsTimestamp = bundles.Any(bundle => bundle.NeedsTimestamp);
        ExpectedSigner[] signers = [.. request.Signers.Select(signer => signer with { RequireTimestamp = signer.RequireTimestamp || (signer.Key is null && needsTimestamp) })];
        var basis = new VerificationRequest(request.Reference with { Tag = null, Digest = digest }, digest, [], signers[0])
        {
            Stored = stored,
            Access = request.Access,
            WorkDirectory = request.WorkDirectory,
        };
        var legacySigner = legacy ? (await AnyOfAsync(signers, basis, VerifyLegacyAsync, cancellationToken)).By : null;
        var required = legacy ? request.Required : [PredicateTypes.CosignSignature, .. request.Required];
        var asked = PredicateTypes.All.Where(type => required.Contains(type) || present.Contains(type)).Where(type => !legacy || type != PredicateTypes.CosignSignature);
        var verified = await Task.WhenAll(asked.Select(type => VerifyAsync(signers, basis, type, required.Contains(type), cancellationToken)));
        var statements = verified.Where(item => item.Verified is not null).Select(item => Describe(item.Verified!.Value.Statement, bundles, item.Verified.Value.By)).ToList();
        if (legacySigner is not null)
            statements.Insert(0, new ExaminedStatement(PredicateTypes.CosignSignature, default, legacySigner.DisplayName, null));
        // Last: what nobody has signed is not worth reading.
        await ImageContent.RequireAsync(store, manifest, request.ReadLayers, cancellationToken);
        return new ExaminedImage(store.Repository.At(digest), statements, legacy ? [] : [.. verified.Where(item => item.Verified is null).Select(item => item.Type)]);
    }

    private static async Task<Digest> ResolveAsync(IImageStore store, ImageReference reference, CancellationToken cancellationToken)
    {
        if (reference.Digest is { } given)
            return given;
        var tag = reference.Tag ?? "latest";
        return await store.ResolveTagAsync(tag, cancellationToken) ?? throw Failed($"{store.Repository.Name} has no tag {tag}{await OthersAsync(store, cancellationToken)}. Check the reference.");
    }

    /// <summary>A few of the tags that are there: often the one that was meant is among them.</summary>
    private static async Task<string> OthersAsync(IImageStore store, CancellationToken cancellationToken)
    {
        try
        {
            var tags = (await store.ListTagsAsync(cancellationToken)).Where(tag => !tag.StartsWith("sha256-", StringComparison.Ordinal)).ToArray();
            return tags.Length == 0 ? " and no other" : $"; it has {string.Join(", ", tags.TakeLast(5))}{(tags.Length > 5 ? $" and {tags.Length - 5} more" : "")}";
        }
        catch (DiagnosticException)
        {
            // Not every account may list.
            return "";
        }
    }

    private async Task<(string Type, (VerifiedStatement Statement, ExpectedSigner By)? Verified)> VerifyAsync(
        IReadOnlyList<ExpectedSigner> signers, VerificationRequest basis, string type, bool required, CancellationToken cancellationToken)
    {
        try
        {
            return (type, await AnyOfAsync(
                signers, basis, async (request, token) => (await verifier.VerifyAsync(request with { PredicateTypes = [type] }, token)).Statements[0], cancellationToken));
        }
        catch (DiagnosticException exception) when (!required && exception.Diagnostic.Code == DiagnosticCodes.VerificationFailed)
        {
            // Whoever may write to the repository may attach anything; it is named, and counts for nothing.
            return (type, null);
        }
    }

    private async Task<VerifiedStatement> VerifyLegacyAsync(VerificationRequest request, CancellationToken cancellationToken)
    {
        await verifier.VerifyLegacySignatureAsync(request, cancellationToken);
        return new VerifiedStatement(PredicateTypes.SimpleSigning, request.Digest);
    }

    /// <summary>The first of them who has signed it.</summary>
    /// <exception cref="DiagnosticException">SCB5801: none has; with the reason for each.</exception>
    private static async Task<(VerifiedStatement Statement, ExpectedSigner By)> AnyOfAsync(
        IReadOnlyList<ExpectedSigner> signers,
        VerificationRequest basis,
        Func<VerificationRequest, CancellationToken, Task<VerifiedStatement>> verify,
        CancellationToken cancellationToken)
    {
        var reasons = new List<DiagnosticException>();
        foreach (var signer in signers)
        {
            try
            {
                return (await verify(basis with { Signer = signer }, cancellationToken), signer);
            }
            catch (DiagnosticException exception) when (exception.Diagnostic.Code == DiagnosticCodes.VerificationFailed)
            {
                reasons.Add(exception);
            }
        }
        throw reasons.Count == 1 ? reasons[0] : Failed($"none of the {signers.Count} that may have signed has. {string.Join(" ", reasons.Select(reason => reason.Message).Distinct())}");
    }

    private static ExaminedStatement Describe(VerifiedStatement statement, List<Bundle> bundles, ExpectedSigner signer)
    {
        var bundle = bundles.FirstOrDefault(bundle => bundle.Statement.PredicateType == statement.PredicateType && Digest.Of(bundle.Payload.Span) == statement.Payload);
        return new ExaminedStatement(
            statement.PredicateType, statement.Content, bundle?.Certificate is { } certificate ? $"{certificate.Subject} ({certificate.Issuer})" : signer.DisplayName, bundle?.Log)
        {
            // One that nobody had to verify says nothing.
            TimestampedAt = signer.RequireTimestamp ? bundle?.TimestampedAt : null,
        };
    }

    private static DiagnosticException Failed(string message) => new(DiagnosticCodes.VerificationFailed, message);
}
