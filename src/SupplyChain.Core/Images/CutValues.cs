using System.Text.Json.Nodes;

namespace SupplyChain.Core.Images;

/// <summary>
/// Labels and environment variables as the project has them. An SDK before version 11 hands them to the inner builds of several runtime identifiers as
/// <c>name:value</c>, and takes them apart at every colon: <c>https://example.com</c> becomes <c>https</c> (dotnet/sdk#52732, fixed by #55414). What is
/// cut, and what is lost on the same way, is put right in the configuration of each platform.
/// </summary>
internal sealed record CutValues(IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Variables)
{
    /// <summary>Changes the layout in place; nothing, where nothing is cut.</summary>
    internal ImageLayout Repair(ImageLayout layout)
    {
        if (layout.Attached.Count > 0)
            return layout;
        return ImageRewriting.Replace(layout, [.. layout.Platforms.Select(image => Repair(layout, image))]);
    }

    private PlatformImage Repair(ImageLayout layout, PlatformImage image)
    {
        var config = ImageRewriting.ReadObject(layout, image.Config);
        if (config["config"] is not JsonObject runtime)
            return image;
        var changed = RepairLabels(runtime) | RepairVariables(runtime);
        return changed ? ImageRewriting.Replace(layout, image, config) : image;
    }

    private bool RepairLabels(JsonObject runtime)
    {
        if (Labels.Count == 0 || (runtime["Labels"] ??= new JsonObject()) is not JsonObject labels)
            return false;
        var changed = false;
        foreach (var (name, value) in Labels)
        {
            if (ImageRewriting.Text(labels[name]) is { } present && (present == value || present != Cut(value)))
                continue;
            labels[name] = value;
            changed = true;
        }
        return changed;
    }

    /// <summary>Only those that are there and cut: what else is in the environment may come from the base image.</summary>
    private bool RepairVariables(JsonObject runtime)
    {
        if (runtime["Env"] is not JsonArray environment)
            return false;
        var changed = false;
        for (var i = 0; i < environment.Count; i++)
        {
            if (ImageRewriting.Text(environment[i]) is not { } entry || entry.IndexOf('=') is not (> 0 and var equals)
                || !Variables.TryGetValue(entry[..equals], out var value) || entry[(equals + 1)..] == value || entry[(equals + 1)..] != Cut(value))
            {
                continue;
            }
            environment[i] = $"{entry[..equals]}={value}";
            changed = true;
        }
        return changed;
    }

    private static string Cut(string value) => value.Split(':')[0];
}
