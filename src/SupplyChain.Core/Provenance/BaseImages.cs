using System.Text.Json;
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

/// <summary>Reads the base images from the labels that the SDK writes into every image (OCI image specification 1.1, annotations.md).</summary>
internal static class BaseImages
{
    private const string NameLabel = "org.opencontainers.image.base.name";
    private const string DigestLabel = "org.opencontainers.image.base.digest";

    /// <summary>Each once; none where the labels were switched off or say nothing usable.</summary>
    public static IReadOnlyList<BaseImage> Read(ImageLayout image) =>
        [.. image.Platforms.Select(platform => ReadLabels(LayoutCheck.ReadDocument(image, platform.Config))).OfType<BaseImage>().Distinct()];

    internal static BaseImage? ReadLabels(ReadOnlyMemory<byte> config)
    {
        using var document = StrictJson.Parse(config, "the image configuration");
        return document.RootElement.TryGetProperty("config", out var settings) && settings.ValueKind == JsonValueKind.Object
            && settings.TryGetProperty("Labels", out var labels) && labels.ValueKind == JsonValueKind.Object
            && Label(labels, NameLabel) is { Length: > 0 and < 512 } name && Label(labels, DigestLabel) is { } text && Digest.TryParse(text, out var digest)
            && ImageReference.TryParse(name, out _)
                ? new BaseImage(name, digest)
                : null;
    }

    private static string? Label(JsonElement labels, string name) =>
        labels.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
