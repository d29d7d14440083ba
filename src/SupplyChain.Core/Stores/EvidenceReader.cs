using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>A Sigstore bundle that is attached to an image.</summary>
/// <param name="Manifest">The referrer.</param>
/// <param name="PredicateType">As the referrer's annotation says; empty where it says nothing. Nothing is verified: the bundle decides, in a verifier.</param>
/// <param name="Bundle">The blob with the bundle (Sigstore bundle v0.3, JSON).</param>
public sealed record StoredEvidence(Descriptor Manifest, string PredicateType, Descriptor Bundle);

/// <summary>Finds and reads the evidence that is attached to an image.</summary>
internal sealed record EvidenceReader
{
    /// <summary>cosign's own limit for an attachment (COSIGN_MAX_ATTACHMENT_SIZE), in bytes.</summary>
    private const int LargestBundle = 128 * 1024 * 1024;

    public async Task<IReadOnlyList<StoredEvidence>> ListAsync(IImageStore store, Descriptor subject, CancellationToken cancellationToken)
    {
        var referrers = await store.ListReferrersAsync(subject.Digest, cancellationToken);
        var found = await LimitedDegree.RunAsync(
            [.. referrers.Where(r => r.ArtifactType == MediaTypes.SigstoreBundle).DistinctBy(r => r.Digest)],
            (referrer, token) => ReadAsync(store, subject.Digest, referrer, token),
            cancellationToken);
        return found.OfType<StoredEvidence>().ToArray();
    }

    /// <summary>The bundle's bytes, checked against its digest.</summary>
    public async Task<byte[]> ReadBundleAsync(IImageStore store, StoredEvidence evidence, CancellationToken cancellationToken)
    {
        if (evidence.Bundle.Size > LargestBundle)
            throw TooLarge(store, evidence);
        await using var stream = await store.ReadBlobAsync(evidence.Bundle, cancellationToken);
        return await BoundedBody.ReadAsync(stream, LargestBundle, cancellationToken) ?? throw TooLarge(store, evidence);
    }

    /// <summary>Null: not a manifest with one bundle about this subject. Whoever may write to the repository may list anything.</summary>
    private static async Task<StoredEvidence?> ReadAsync(IImageStore store, Digest subject, Descriptor referrer, CancellationToken cancellationToken)
    {
        if (await store.ReadManifestAsync(referrer.Digest, cancellationToken) is not { } content)
            return null;
        try
        {
            var manifest = JsonSerializer.Deserialize(content, OciJson.Plain.OciManifest);
            return manifest?.Subject?.Digest == subject && manifest.Layers is [{ MediaType: MediaTypes.SigstoreBundle, Digest.IsSet: true, Size: >= 0 } bundle]
                ? new StoredEvidence(referrer, manifest.Annotations?.GetValueOrDefault(EvidenceManifest.PredicateTypeAnnotation) ?? "", bundle)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DiagnosticException TooLarge(IImageStore store, StoredEvidence evidence) => new(
        DiagnosticCodes.EvidenceUnusable,
        $"the evidence {evidence.Manifest.Digest} in {store.Repository.Name} is larger than 128 MiB and was not read. It is not from this package: delete that referrer.");
}
