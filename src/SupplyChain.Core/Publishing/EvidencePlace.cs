using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Publishing;

/// <summary>Where the evidence of an image is kept, and in which form: referrers, cosign's older tags, or both.</summary>
/// <param name="Store">The image's own repository, or the one that COSIGN_REPOSITORY names.</param>
internal sealed record EvidencePlace(IImageStore Store, SignatureFormat Format, TimeProvider Clock)
{
    /// <summary>cosign's own variable: signatures are written to, and looked for in, this repository instead of the image's.</summary>
    public const string RepositoryVariable = "COSIGN_REPOSITORY";

    private const int LargestLayer = 128 * 1024 * 1024;

    private readonly EvidenceReader _reader = new();

    private LegacyEvidence? Legacy => Format == SignatureFormat.Bundle ? null : new LegacyEvidence((RegistryStore)Store, Clock);

    /// <summary>The repository in COSIGN_REPOSITORY; null: not set.</summary>
    /// <exception cref="DiagnosticException">SCB4008.</exception>
    public static ImageReference? Repository(Func<string, string?> environment)
    {
        if (environment(RepositoryVariable) is not { Length: > 0 } text)
            return null;
        return ImageReference.TryParse(text, out var reference) && reference is { Registry: not null, Tag: null, Digest: null }
            ? reference
            : throw new DiagnosticException(
                DiagnosticCodes.RegistryNameUnusable,
                $"the environment variable {RepositoryVariable} is '{SingleLine.Of(text, 300)}', which is not a registry with a repository. Give one without a tag, for example registry.example.com/signatures, or unset it.");
    }

    /// <summary>All that is there, unverified; what cannot be read is left out.</summary>
    public async Task<IReadOnlyList<StoredBundle>> ReadAsync(Descriptor image, CancellationToken cancellationToken)
    {
        var found = new List<StoredBundle>();
        if (Format != SignatureFormat.Legacy)
        {
            var listed = await _reader.ListAsync(Store, image, cancellationToken);
            found.AddRange((await LimitedDegree.RunAsync(listed, ReadBundleAsync, cancellationToken)).OfType<StoredBundle>());
        }
        if (Legacy is { } legacy)
        {
            var layers = new List<Descriptor>(await legacy.ListAsync(LegacyEvidence.SignatureTag(image.Digest), cancellationToken));
            if (Format == SignatureFormat.Legacy)
                layers.AddRange(await legacy.ListAsync(LegacyEvidence.AttestationTag(image.Digest), cancellationToken));
            found.AddRange((await LimitedDegree.RunAsync(layers, ReadLayerAsync, cancellationToken)).OfType<StoredBundle>());
        }
        return found;
    }

    /// <summary>Sends what <see cref="AttachAsync"/> will refer to, ahead of it. Decides nothing: what goes wrong here goes wrong there again.</summary>
    public async Task SendAsync(IReadOnlyList<SignedEvidence> evidence, CancellationToken cancellationToken)
    {
        // A layout folder is written in one go.
        if (Format == SignatureFormat.Legacy || Store.Repository.Registry is null)
            return;
        try
        {
            var bundles = await Task.WhenAll(evidence
                .Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning)
                .Select(async signed => (ReadOnlyMemory<byte>)await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken)));
            await EvidenceWriter.SendAsync(Store, bundles, cancellationToken);
        }
        catch (Exception exception) when (exception is DiagnosticException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
        }
    }

    /// <returns>For the log: what was attached.</returns>
    /// <exception cref="DiagnosticException">SCB5501, SCB5502.</exception>
    public async Task<IReadOnlyList<string>> AttachAsync(Descriptor image, IReadOnlyList<SignedEvidence> evidence, DateTimeOffset created, CancellationToken cancellationToken)
    {
        var attached = new List<string>();
        SignedEvidence[] bundles = [.. evidence.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning)];
        if (Format != SignatureFormat.Legacy)
            attached.AddRange((await new EvidenceWriter().AttachAsync(Store, image, bundles, created, cancellationToken)).Select(referrer => referrer.Digest.ToString()));
        if (Legacy is not { } legacy)
            return attached;
        var attestations = await Task.WhenAll(bundles
            // The statement of the signature too, where there are no referrers: by it the evidence is recognised when the image is published again.
            .Where(signed => Format == SignatureFormat.Legacy || signed.PredicateType != PredicateTypes.CosignSignature)
            .Select(async signed => await MakeAsync(signed, image, LegacyForm.Attestation, cancellationToken)));
        var payload = LegacyForm.Signature(ImageRepository ?? Store.Repository, image.Digest).Content;
        var signatures = await Task.WhenAll(evidence.Where(signed => signed.PredicateType == PredicateTypes.SimpleSigning)
            .Select(async signed => await MakeAsync(signed, image, bundle => LegacyForm.Signature(payload, bundle), cancellationToken)));
        (string Tag, LegacyLayer[] Layers)[] tags = [(LegacyEvidence.SignatureTag(image.Digest), signatures), (LegacyEvidence.AttestationTag(image.Digest), attestations)];
        await Task.WhenAll(tags.Where(tag => tag.Layers.Length > 0).Select(tag => legacy.AddAsync(tag.Tag, tag.Layers, cancellationToken)));
        return [.. attached, .. tags.Where(tag => tag.Layers.Length > 0).Select(tag => tag.Tag)];
    }

    /// <summary>Whose name is signed: the image's repository, also where the evidence lies elsewhere.</summary>
    public ImageReference? ImageRepository { get; init; }

    private async Task<StoredBundle?> ReadBundleAsync(StoredEvidence item, CancellationToken cancellationToken)
    {
        try
        {
            return new StoredBundle(item.PredicateType, await _reader.ReadBundleAsync(Store, item, cancellationToken));
        }
        catch (DiagnosticException)
        {
            // Whoever may write to the repository may attach anything, and clean-up may leave a manifest without its blob. What is missing is missed.
            return null;
        }
    }

    private async Task<StoredBundle?> ReadLayerAsync(Descriptor layer, CancellationToken cancellationToken)
    {
        if (layer.Size > LargestLayer || layer.MediaType is not (LegacyLayer.Envelope or LegacyLayer.SimpleSigning))
            return null;
        try
        {
            await using var stream = await Store.ReadBlobAsync(layer, cancellationToken);
            return await BoundedBody.ReadAsync(stream, LargestLayer, cancellationToken) is { } content ? LegacyForm.ToBundle(layer, content) : null;
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }

    private static async Task<LegacyLayer> MakeAsync(SignedEvidence signed, Descriptor image, Func<ReadOnlyMemory<byte>, LegacyLayer> make, CancellationToken cancellationToken)
    {
        try
        {
            if (signed.Subject != image.Digest)
                throw new FormatException("it is about another image");
            return make(await File.ReadAllBytesAsync(signed.BundleFile, cancellationToken));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.EvidenceUnusable,
                $"the bundle {signed.BundleFile} of {signed.PredicateType} cannot be used: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. It was not attached. Publish again; give each project a SupplyChainOutputPath of its own.",
                e);
        }
    }
}
