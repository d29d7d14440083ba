using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// Takes out of an image what differs although its sources do not: the SDK (before version 11) puts the time of the build into the configuration, into labels
/// and into the headers of the application's layer, which also has its files in the order of the file system. What the base image brought stays, byte for byte.
/// </summary>
/// <param name="date">Of the sources, to the second.</param>
/// <param name="earlier">The layout of an earlier publish; null: there is none.</param>
internal sealed partial class ReproducibleImage(DateTimeOffset date, EarlierBlobs? earlier)
{
    private const string SdkAuthor = ".NET SDK";

    private readonly string _date = date.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Changes the layout in place. An image that the SDK did not make as expected is left as it is.</summary>
    internal ImageLayout Apply(ImageLayout layout, CancellationToken cancellationToken)
    {
        // Attestations of the build name the digests of what they are about.
        if (layout.Attached.Count > 0)
            return layout;
        var old = Blobs(layout);
        var platforms = new PlatformImage[layout.Platforms.Count];
        BlobCopy.ForEach([.. Enumerable.Range(0, platforms.Length)], i => platforms[i] = Apply(layout, layout.Platforms[i], cancellationToken), cancellationToken);
        if (platforms.SequenceEqual(layout.Platforms))
            return layout;

        var changed = layout with { Platforms = platforms, Root = MediaTypes.IsIndex(layout.Root.MediaType) ? WriteIndex(layout, platforms) : platforms[0].Manifest };
        foreach (var blob in old.Except(Blobs(changed)))
            File.Delete(layout.BlobPath(blob));
        return changed;
    }

    private PlatformImage Apply(ImageLayout layout, PlatformImage image, CancellationToken cancellationToken)
    {
        if (image.Layers.Count == 0)
            return image;
        var config = ReadObject(layout, image.Config);
        if (!IsOfSdk(config) || config["rootfs"] is not JsonObject rootfs || rootfs["diff_ids"] is not JsonArray { Count: > 0 } diffIds || !Digest.TryParse(Text(diffIds[^1]), out var diffId)
            || new AppLayer(date, earlier).Normalise(layout, image.Layers[^1], diffId, cancellationToken) is not { } app)
            return image;

        diffIds[^1] = app.DiffId.ToString();
        SetDates(config);
        var newConfig = Write(layout, image.Config, config);
        var manifest = ReadObject(layout, image.Manifest);
        Point((JsonObject)manifest["config"]!, newConfig);
        Point((JsonObject)((JsonArray)manifest["layers"]!)[^1]!, app.Layer);
        return image with { Manifest = Write(layout, image.Manifest, manifest), Config = newConfig, Layers = [.. image.Layers.SkipLast(1), app.Layer] };
    }

    /// <summary>The last layer is the one that this publish added.</summary>
    private static bool IsOfSdk(JsonObject config) =>
        config["history"] is JsonArray { Count: > 0 } history && history[^1] is JsonObject last
        && Text(last["author"]) == SdkAuthor && last["empty_layer"] is null && Text(last["created_by"])?.StartsWith(SdkAuthor, StringComparison.Ordinal) == true;

    private void SetDates(JsonObject config)
    {
        config["created"] = _date;
        ((JsonArray)config["history"]!)[^1]!["created"] = _date;
        if (config["config"] is not JsonObject runtime || runtime["Labels"] is not JsonObject labels)
            return;
        foreach (var name in new[] { "org.opencontainers.image.created", "org.opencontainers.artifact.created" })
        {
            // A date that somebody chose is left; the SDK's own is known by its seven digits.
            if (Text(labels[name]) is { } created && SdkDate.IsMatch(created))
                labels[name] = _date;
        }
    }

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

    private static JsonObject ReadObject(ImageLayout layout, Descriptor blob)
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

    private static Descriptor Write(ImageLayout layout, Descriptor old, JsonObject content)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(content, OciJson.Plain.JsonObject);
        var digest = Digest.Of(bytes);
        File.WriteAllBytes(layout.BlobPath(digest), bytes);
        return old with { Digest = digest, Size = bytes.Length };
    }

    private static IReadOnlyList<Digest> Blobs(ImageLayout layout) => [.. layout.ListBlobs().Concat(layout.ListManifests()).Select(blob => blob.Digest)];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(Z|[+-]\d\d:\d\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex SdkDate { get; }
}
