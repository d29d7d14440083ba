using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// The .NET runtime that a framework-dependent application runs on: the one that the scanner saw in the image's files, else the one that the base
/// image says it has. Its components have the names of the runtime packs, which is what advisories name.
/// </summary>
internal sealed class RuntimePart
{
    /// <param name="libraries">What was seen in the image.</param>
    public RuntimePart(ProjectInventory inventory, IReadOnlyList<Component> libraries, IReadOnlyList<ImageFacts> images)
    {
        var (components, refs, missing) = (new SortedList<string, Component>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var framework in inventory.Frameworks)
        {
            var seen = libraries.Where(library => library.Name.StartsWith(framework.Name + ".Runtime.", StringComparison.OrdinalIgnoreCase)).ToList();
            refs.UnionWith(seen.Select(library => library.BomRef));
            if (seen.Count > 0)
                continue;
            var said = images.Select(image => Said(framework.Name, image, inventory.RuntimeIdentifiers)).OfType<Component>().ToList();
            if (said.Count < Math.Max(1, images.Count))
                missing.Add($"the version of {framework.Name} in the image is not known, so its advisories cannot be found. Choose a base image that has it, or publish self-contained.");
            foreach (var component in said)
            {
                components.TryAdd(component.BomRef, component);
                refs.Add(component.BomRef);
            }
        }

        (Components, Refs, Missing) = ([.. components.Values], [.. refs], missing);
    }

    /// <summary>Those that the scanner did not see; ordered by bom-ref.</summary>
    public IReadOnlyList<Component> Components { get; }

    /// <summary>bom-refs of the runtime: what the application depends on.</summary>
    public IReadOnlyList<string> Refs { get; }

    /// <summary>One sentence for each shared framework that was found nowhere.</summary>
    public IReadOnlyList<string> Missing { get; }

    private static Component? Said(string framework, ImageFacts image, IReadOnlyList<string> runtimeIdentifiers)
    {
        var version = framework == "Microsoft.AspNetCore.App" ? image.AspNetVersion : image.RuntimeVersion;
        if (version is null)
            return null;
        var architecture = image.Platform.Architecture switch { "amd64" => "x64", "386" => "x86", var same => same };
        var rid = runtimeIdentifiers.FirstOrDefault(rid => rid.EndsWith("-" + architecture, StringComparison.Ordinal)) ?? $"linux-{architecture}";
        var purl = PackageUrl.NuGet($"{framework}.Runtime.{rid}", version).ToString();
        return Dressed(new Component(ComponentType.Library, purl, $"{framework}.Runtime.{rid}", version) { Purl = purl });
    }

    /// <summary>What everybody knows about the runtime's packages, and a scanner does not say.</summary>
    public static Component Dressed(Component component) =>
        component.Name.StartsWith("Microsoft.NETCore.App.Runtime.", StringComparison.OrdinalIgnoreCase) || component.Name.StartsWith("Microsoft.AspNetCore.App.Runtime.", StringComparison.OrdinalIgnoreCase)
            ? component with
            {
                Supplier = component.Supplier ?? "Microsoft",
                SupplierUrl = component.SupplierUrl ?? "https://dot.net/",
                Licenses = component.Licenses.Count > 0 ? component.Licenses : [new License("MIT", null, null)],
            }
            : component;
}
