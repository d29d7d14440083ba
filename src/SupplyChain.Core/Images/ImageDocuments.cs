using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>Gives the verified bytes of a small blob: a manifest, an index or a configuration.</summary>
internal delegate byte[] DocumentReader(Descriptor descriptor);

/// <summary>What index.json leads to: the image, its platforms, and the tags it was built with.</summary>
internal sealed record ImageGraph(Descriptor Root, IReadOnlyList<PlatformImage> Platforms, IReadOnlyList<AttachedManifest> Attached, IReadOnlyList<string> Tags)
{
    /// <summary>Every manifest in the order in which a registry takes them: what is referenced first, the root last. Each stands once.</summary>
    internal IReadOnlyList<Descriptor> ListManifests() =>
        [.. Platforms.Select(image => image.Manifest).Concat(Attached.Select(manifest => manifest.Manifest)).Append(Root).DistinctBy(descriptor => descriptor.Digest)];

    /// <summary>Every configuration and layer, each once, the largest first, so that work on several at a time ends sooner.</summary>
    internal IReadOnlyList<Descriptor> ListBlobs() =>
        [.. Platforms.SelectMany(image => image.Layers.Append(image.Config)).Concat(Attached.SelectMany(manifest => manifest.Layers.Append(manifest.Config))).DistinctBy(descriptor => descriptor.Digest).OrderByDescending(descriptor => descriptor.Size)];
}

/// <summary>
/// Follows index.json to manifests and configurations (OCI image specification 1.1) and refuses what is contradictory or more than one
/// image. Everything it reads is hostile: sizes and counts are limited, and no text from here goes into a path or header unchecked.
/// </summary>
internal sealed class ImageDocuments(DocumentReader read)
{
    internal const int MaximumDocumentSize = 4 * 1024 * 1024;
    private const int MaximumManifests = 64;
    private const int MaximumLayers = 1_000;
    internal const string RefName = "org.opencontainers.image.ref.name";

    /// <exception cref="DiagnosticException">SCB1002, SCB1003, SCB1004 or SCB1006.</exception>
    internal ImageGraph Read(ReadOnlyMemory<byte> indexJson)
    {
        var entries = ReadIndex(indexJson, "index.json", null);
        // One descriptor a tag, all of the same image, is what the SDK writes.
        var roots = entries.Select(Bare).Distinct().ToArray();
        if (roots.Length != 1)
            throw Malformed(roots.Length == 0 ? "index.json names no image" : $"index.json names {roots.Length} images");
        var root = roots[0];
        var tags = entries.Select(entry => TagOf(entry)).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();

        return MediaTypes.IsManifest(root.MediaType) || MediaTypes.IsIndex(root.MediaType)
            ? Read(root, entries[0].Platform, tags)
            : throw Malformed($"index.json names something of the media type {root.MediaType}, which is neither an image manifest nor an image index");
    }

    /// <summary>The image itself, without an index.json that leads to it.</summary>
    /// <exception cref="DiagnosticException">SCB1002, SCB1003, SCB1004 or SCB1006.</exception>
    internal ImageGraph Read(Descriptor root) => MediaTypes.IsManifest(root.MediaType) || MediaTypes.IsIndex(root.MediaType)
        ? Read(Bare(root), root.Platform, [])
        : throw Malformed($"{root.Digest.Short} is of the media type {root.MediaType}, which is neither an image manifest nor an image index");

    private ImageGraph Read(Descriptor root, DescriptorPlatform? platform, IReadOnlyList<string> tags) =>
        MediaTypes.IsManifest(root.MediaType) ? new ImageGraph(root, [ReadImage(root, platform)], [], tags) : ReadPlatforms(root, tags);

    private ImageGraph ReadPlatforms(Descriptor root, IReadOnlyList<string> tags)
    {
        var what = $"the image index {root.Digest.Short}";
        var platforms = new List<PlatformImage>();
        var attached = new List<AttachedManifest>();
        foreach (var entry in ReadIndex(read(root), what, root.MediaType))
        {
            if (MediaTypes.IsIndex(entry.MediaType))
                throw Malformed($"{what} has another index in it; only an index of manifests is supported");
            if (!MediaTypes.IsManifest(entry.MediaType))
                throw Malformed($"{what} has something of the media type {entry.MediaType} in it, which is no image manifest");
            if (ReadAttached(entry) is { } attachment)
                attached.Add(attachment);
            else
                platforms.Add(ReadImage(Bare(entry), entry.Platform));
        }
        if (platforms.Count == 0)
            throw Malformed($"{what} has no image in it");
        if (platforms.GroupBy(image => image.Platform).FirstOrDefault(group => group.Count() > 1) is { } same)
            throw Malformed($"{what} has {same.Count()} images for {same.Key}");
        return new ImageGraph(root, platforms, attached, tags);
    }

    internal static IReadOnlyList<Descriptor> ReadIndex(ReadOnlyMemory<byte> content, string what, string? mediaType)
    {
        var index = Parse(content, what, OciJson.Default.OciIndex, mediaType, ["config", "layers"]);
        if (index.Manifests is null)
            throw Malformed($"{what} has no 'manifests'");
        if (index.Manifests.Count > MaximumManifests)
            throw Hostile($"{what} has {index.Manifests.Count} manifests (at most {MaximumManifests})");
        foreach (var entry in index.Manifests)
            Check(entry, what);
        return index.Manifests;
    }

    internal static OciManifest ReadManifest(ReadOnlyMemory<byte> content, Descriptor descriptor, string what)
    {
        var manifest = Parse(content, what, OciJson.Default.OciManifest, descriptor.MediaType, ["manifests"]);
        Check(manifest.Config, what);
        if (manifest.Layers is null)
            throw Malformed($"{what} has no 'layers'");
        if (manifest.Layers.Count > MaximumLayers)
            throw Hostile($"{what} has {manifest.Layers.Count} layers (at most {MaximumLayers})");
        foreach (var layer in manifest.Layers)
            Check(layer, what);
        return manifest;
    }

    private PlatformImage ReadImage(Descriptor descriptor, DescriptorPlatform? expected)
    {
        var what = $"the manifest {descriptor.Digest.Short}";
        var manifest = ReadManifest(read(descriptor), descriptor, what);
        if (manifest.Config.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig))
            throw Malformed($"{what} has a configuration of the media type {manifest.Config.MediaType}: it is no container image");
        var platform = ImageConfig.ReadPlatform(read(manifest.Config), manifest.Layers.Count, expected);
        return new PlatformImage(platform, descriptor, Bare(manifest.Config), [.. manifest.Layers.Select(Bare)]);
    }

    /// <summary>
    /// A build attestation as BuildKit writes them: no platform, and nothing in it that could run. Anything else that merely says it is one
    /// is read, and so scanned, as an image.
    /// </summary>
    private AttachedManifest? ReadAttached(Descriptor entry)
    {
        if (entry is not { Platform: { Os: "unknown", Architecture: "unknown" }, Annotations: { } annotations }
            || annotations.GetValueOrDefault("vnd.docker.reference.type") != "attestation-manifest")
            return null;
        var manifest = ReadManifest(read(entry), entry, $"the attestation manifest {entry.Digest.Short}");
        return manifest.Layers.All(layer => layer.MediaType == "application/vnd.in-toto+json")
            ? new AttachedManifest(Bare(entry), Bare(manifest.Config), [.. manifest.Layers.Select(Bare)])
            : null;
    }

    private static T Parse<T>(
        ReadOnlyMemory<byte> content, string what, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string? mediaType, string[] foreign)
    {
        using var document = StrictJson.Parse(content, what);
        // A document that is a manifest to one program and an index to another (CVE-2021-41190).
        if (foreign.FirstOrDefault(name => document.RootElement.TryGetProperty(name, out _)) is { } property)
            throw Malformed($"{what} has '{property}', which does not belong there");
        if (mediaType is not null && document.RootElement.TryGetProperty("mediaType", out var own)
            && (own.ValueKind != JsonValueKind.String || own.GetString() != mediaType))
            throw Malformed($"{what} says of itself another media type than its descriptor ({mediaType})");
        if (!document.RootElement.TryGetProperty("schemaVersion", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number) || number != 2)
            throw Malformed($"{what} is not of schemaVersion 2");
        try
        {
            return document.RootElement.Deserialize(type) ?? throw Malformed($"{what} is empty");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed($"{what} is malformed: {e.Message}", e);
        }
    }

    private static void Check(Descriptor? descriptor, string what)
    {
        if (descriptor is null || !descriptor.Digest.IsSet)
            throw Malformed($"{what} has a descriptor without a digest");
        if (descriptor.Size < 0)
            throw Hostile($"{what} has a descriptor of {descriptor.Size} bytes");
        if (!MediaTypes.IsWellFormed(descriptor.MediaType))
            throw Malformed($"{what} has a descriptor without a valid media type");
    }

    private static string? TagOf(Descriptor entry) =>
        entry.Annotations?.GetValueOrDefault(RefName) is { } tag && ImageReference.IsTag(tag) ? tag : null;

    private static Descriptor Bare(Descriptor descriptor) => new(descriptor.MediaType, descriptor.Digest, descriptor.Size);

    private static DiagnosticException Malformed(string what, Exception? cause = null) => new(DiagnosticCodes.ImageMalformed, what, cause);

    private static DiagnosticException Hostile(string what) => new(DiagnosticCodes.ArchiveHostile, what);
}
