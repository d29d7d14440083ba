using SupplyChain.Core.Images;

namespace SupplyChain.Core.Provenance;

/// <summary>An image that the published one was built on.</summary>
/// <param name="Name">With registry and tag, as the build named it.</param>
internal sealed record BaseImage(string Name, Digest Digest)
{
    /// <summary>Package URL, type oci (package-url/purl-spec).</summary>
    public string Purl
    {
        get
        {
            var tag = Name.IndexOf(':', Name.LastIndexOf('/') + 1) is var colon && colon > 0 ? Name[(colon + 1)..] : null;
            var repository = tag is null ? Name : Name[..^(tag.Length + 1)];
            var query = $"?repository_url={Uri.EscapeDataString(repository)}{(tag is null ? "" : $"&tag={Uri.EscapeDataString(tag)}")}";
            return $"pkg:oci/{Uri.EscapeDataString(repository.Split('/')[^1])}@{Uri.EscapeDataString(Digest.ToString())}{query}";
        }
    }
}

/// <summary>The base images that the labels of an image name, which the SDK writes into every one (OCI image specification 1.1, annotations.md).</summary>
internal static class BaseImages
{
    /// <summary>Each once; none where the labels were switched off or say nothing usable.</summary>
    public static IReadOnlyList<BaseImage> Of(ImageLayout image) => [.. image.Platforms.Select(platform => Of(platform.Facts)).OfType<BaseImage>().Distinct()];

    internal static BaseImage? Of(ImageFacts facts) =>
        facts is { BaseName: { } name, BaseDigest: { } digest } && ImageReference.TryParse(name, out _) ? new BaseImage(name, digest) : null;
}
