using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>Reads what a manifest says about itself as a referrer.</summary>
internal static class ReferrerManifest
{
    /// <summary>
    /// The descriptor with artifact type (the manifest's own, or else its config's media type) and annotations of the manifest, as the referrers
    /// API gives them; null when this is not a manifest with a subject.
    /// </summary>
    public static (Descriptor Descriptor, Digest Subject)? Describe(Descriptor entry, ReadOnlySpan<byte> content)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(content, OciJson.Plain.OciManifest);
            if (manifest?.Subject is not { } subject)
                return null;
            var described = new Descriptor(entry.MediaType, entry.Digest, entry.Size)
            {
                ArtifactType = string.IsNullOrEmpty(manifest.ArtifactType) ? manifest.Config?.MediaType : manifest.ArtifactType,
                Annotations = manifest.Annotations,
            };
            return (described, subject.Digest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
