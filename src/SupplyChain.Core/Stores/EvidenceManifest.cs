using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// The manifest that carries one Sigstore bundle, exactly as cosign 3 writes it (sigstore/cosign, specs/BUNDLE_SPEC.md; pkg/oci/remote/write.go), so that every
/// verifier that reads cosign's evidence reads ours.
/// </summary>
internal static class EvidenceManifest
{
    public const string PredicateTypeAnnotation = "dev.sigstore.bundle.predicateType";
    private const string ContentAnnotation = "dev.sigstore.bundle.content";
    private const string CreatedAnnotation = "org.opencontainers.image.created";

    /// <summary>The empty config of artifacts (manifest.md, "Guidance for an empty descriptor").</summary>
    public static ReadOnlyMemory<byte> EmptyConfig { get; } = "{}"u8.ToArray();

    public static Descriptor EmptyConfigDescriptor { get; } = new(MediaTypes.OciEmpty, Digest.Of(EmptyConfig.Span), EmptyConfig.Length);

    public static ManifestContent Make(Descriptor subject, Descriptor bundle, string predicateType, DateTimeOffset created)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [ContentAnnotation] = "dsse-envelope",
            [PredicateTypeAnnotation] = predicateType,
            [CreatedAnnotation] = created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        var manifest = new OciManifest(2, MediaTypes.OciManifest, EmptyConfigDescriptor with { ArtifactType = MediaTypes.SigstoreBundle }, [bundle])
        {
            ArtifactType = MediaTypes.SigstoreBundle,
            Subject = new Descriptor(subject.MediaType, subject.Digest, subject.Size),
            Annotations = annotations,
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Plain.OciManifest);
        var descriptor = new Descriptor(MediaTypes.OciManifest, Digest.Of(content), content.Length)
        {
            ArtifactType = MediaTypes.SigstoreBundle,
            Annotations = annotations,
        };
        return new ManifestContent(descriptor, content);
    }
}
