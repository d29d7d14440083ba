using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// Takes out of an image what differs although its sources do not: the SDK (before version 11) puts the time of the build into the configuration, into labels
/// and into the headers of the application's layer, which also has its files in the order of the file system. What the base image brought stays, byte for byte.
/// </summary>
/// <param name="date">Of the sources, to the second.</param>
/// <param name="split">Null: the application stays one layer.</param>
/// <param name="earlier">The layout of an earlier publish; null: there is none.</param>
internal sealed partial class ReproducibleImage(DateTimeOffset date, LayerSplit? split, EarlierBlobs? earlier)
{
    private const string SdkAuthor = ".NET SDK";
    private static readonly IReadOnlySet<string> NoDependencies = new HashSet<string>();

    private readonly string _date = date.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Changes the layout in place. An image that the SDK did not make as expected is left as it is.</summary>
    internal ImageLayout Apply(ImageLayout layout, CancellationToken cancellationToken)
    {
        // Attestations of the build name the digests of what they are about.
        if (layout.Attached.Count > 0)
            return layout;
        var platforms = new PlatformImage[layout.Platforms.Count];
        SideBySide.ForEach([.. Enumerable.Range(0, platforms.Length)], i => platforms[i] = Apply(layout, layout.Platforms[i], cancellationToken), cancellationToken);
        return ImageRewriting.Replace(layout, platforms);
    }

    private PlatformImage Apply(ImageLayout layout, PlatformImage image, CancellationToken cancellationToken)
    {
        if (image.Layers.Count == 0)
            return image;
        var config = ImageRewriting.ReadObject(layout, image.Config);
        if (!IsOfSdk(config) || config["rootfs"] is not JsonObject rootfs || rootfs["diff_ids"] is not JsonArray { Count: > 0 } diffIds || !Digest.TryParse(ImageRewriting.Text(diffIds[^1]), out var diffId)
            || new AppLayer(date, earlier).Normalise(layout, image.Layers[^1], diffId, split?.DependenciesOf(image.Platform) ?? NoDependencies, cancellationToken) is not { } layers)
            return image;

        diffIds.RemoveAt(diffIds.Count - 1);
        foreach (var layer in layers)
            diffIds.Add(layer.DiffId.ToString());
        SetDates(config);
        Describe((JsonArray)config["history"]!, layers.Count);
        return ImageRewriting.Replace(layout, image, config, [.. layers.Select(layer => layer.Layer)]);
    }

    /// <summary>The history has an entry a layer (OCI image specification 1.1, config.md). The SDK made the content of both.</summary>
    private static void Describe(JsonArray history, int layers)
    {
        if (layers < 2)
            return;
        var dependencies = (JsonObject)history[^1]!.DeepClone();
        dependencies["comment"] = "packages of the application";
        history.Insert(history.Count - 1, dependencies);
    }

    /// <summary>The last layer is the one that this publish added.</summary>
    private static bool IsOfSdk(JsonObject config) =>
        config["history"] is JsonArray { Count: > 0 } history && history[^1] is JsonObject last
        && ImageRewriting.Text(last["author"]) == SdkAuthor && last["empty_layer"] is null && ImageRewriting.Text(last["created_by"])?.StartsWith(SdkAuthor, StringComparison.Ordinal) == true;

    private void SetDates(JsonObject config)
    {
        config["created"] = _date;
        ((JsonArray)config["history"]!)[^1]!["created"] = _date;
        if (config["config"] is not JsonObject runtime || runtime["Labels"] is not JsonObject labels)
            return;
        foreach (var name in new[] { "org.opencontainers.image.created", "org.opencontainers.artifact.created" })
        {
            // A date that somebody chose is left; the SDK's own is known by its seven digits.
            if (ImageRewriting.Text(labels[name]) is { } created && SdkDate.IsMatch(created))
                labels[name] = _date;
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(Z|[+-]\d\d:\d\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex SdkDate { get; }
}
