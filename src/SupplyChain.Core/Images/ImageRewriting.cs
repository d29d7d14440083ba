using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>Changes documents of an image in its layout: a new configuration means a new manifest, and that a new index.</summary>
internal static class ImageRewriting
{
    /// <summary>Puts the changed platforms in the place of the old ones; what nothing refers to any more is deleted.</summary>
    internal static ImageLayout Replace(ImageLayout layout, PlatformImage[] platforms)
    {
        if (platforms.SequenceEqual(layout.Platforms))
            return layout;
        var old = Blobs(layout);
        var changed = layout with { Platforms = platforms, Root = MediaTypes.IsIndex(layout.Root.MediaType) ? WriteIndex(layout, platforms) : platforms[0].Manifest };
        foreach (var blob in old.Except(Blobs(changed)))
            File.Delete(layout.BlobPath(blob));
        return changed;
    }

    /// <summary>The manifest of the platform with another configuration, and others in the place of its last layer where they are given, lowest first.</summary>
    internal static PlatformImage Replace(ImageLayout layout, PlatformImage image, JsonObject config, IReadOnlyList<Descriptor>? lastLayers = null)
    {
        var newConfig = Write(layout, image.Config, config);
        var manifest = ReadObject(layout, image.Manifest);
        Point((JsonObject)manifest["config"]!, newConfig);
        if (lastLayers is not null)
            ReplaceLast((JsonArray)manifest["layers"]!, lastLayers);
        return image with
        {
            Manifest = Write(layout, image.Manifest, manifest),
            Config = newConfig,
            Layers = lastLayers is null ? image.Layers : [.. image.Layers.SkipLast(1), .. lastLayers],
        };
    }

    private static void ReplaceLast(JsonArray layers, IReadOnlyList<Descriptor> replacements)
    {
        var last = (JsonObject)layers[^1]!;
        layers.RemoveAt(layers.Count - 1);
        foreach (var layer in replacements)
        {
            var descriptor = (JsonObject)last.DeepClone();
            Point(descriptor, layer);
            layers.Add(descriptor);
        }
    }

    /// <exception cref="DiagnosticException">SCB1006.</exception>
    internal static JsonObject ReadObject(ImageLayout layout, Descriptor blob)
    {
        try
        {
            return (JsonObject)JsonNode.Parse(LayoutCheck.ReadDocument(layout, blob), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!;
        }
        catch (Exception e) when (e is JsonException or InvalidCastException)
        {
            throw new DiagnosticException(DiagnosticCodes.ImageMalformed, $"{blob.Digest.Short} is not a JSON object, or has a property twice", e);
        }
    }

    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static Descriptor WriteIndex(ImageLayout layout, PlatformImage[] platforms)
    {
        var index = ReadObject(layout, layout.Root);
        foreach (var entry in ((JsonArray)index["manifests"]!).OfType<JsonObject>())
        {
            var at = layout.Platforms.ToList().FindIndex(image => image.Manifest.Digest.ToString() == Text(entry["digest"]));
            if (at >= 0)
                Point(entry, platforms[at].Manifest);
        }
        return Write(layout, layout.Root, index);
    }

    private static void Point(JsonObject descriptor, Descriptor target)
    {
        descriptor["digest"] = target.Digest.ToString();
        descriptor["size"] = target.Size;
    }

    private static Descriptor Write(ImageLayout layout, Descriptor old, JsonObject content)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(content, OciJson.Plain.JsonObject);
        var digest = Digest.Of(bytes);
        File.WriteAllBytes(layout.BlobPath(digest), bytes);
        return old with { Digest = digest, Size = bytes.Length };
    }

    private static IReadOnlyList<Digest> Blobs(ImageLayout layout) => [.. layout.ListBlobs().Concat(layout.ListManifests()).Select(blob => blob.Digest)];
}
