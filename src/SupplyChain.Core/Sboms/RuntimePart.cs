using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// The .NET runtime that a framework-dependent application runs on: the one that the scanner saw in the image's files, else the one that the base
/// image says it has. Its components have the names of the runtime packs, which is what advisories name.
/// </summary>
internal sealed class RuntimePart
{
    private readonly SortedList<string, List<Component>> _said = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _refs = new(StringComparer.Ordinal);

    public RuntimePart(ProjectInventory inventory, LibraryPart libraries, IReadOnlyList<ImagePlatform> platforms)
    {
        foreach (var platform in platforms)
            _said[platform.Name] = [];
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var framework in inventory.Frameworks)
        {
            if (platforms.Count == 0)
                missing.Add(framework.Name);
            foreach (var platform in platforms)
            {
                var seen = libraries.Of(platform).Where(library => library.Name.StartsWith(framework.Name + ".Runtime.", StringComparison.OrdinalIgnoreCase)).ToList();
                _refs.UnionWith(seen.Select(library => library.BomRef));
                if (seen.Count > 0)
                    continue;
                if (Said(framework.Name, platform, inventory.RuntimeIdentifiers) is { } component)
                {
                    _said[platform.Name].Add(component);
                    _refs.Add(component.BomRef);
                }
                else
                    missing.Add(framework.Name);
            }
        }

        Missing = [.. missing.Select(name => new Gap(GapKind.Unknown, $"the version of {name} in the image is not known, so its advisories cannot be found. Choose a base image that has it, or publish self-contained."))];
    }

    /// <summary>Those that the scanner did not see on this platform.</summary>
    public IReadOnlyList<Component> Of(ImagePlatform platform) => _said[platform.Name];

    /// <summary>bom-refs of the runtime: what the application depends on. Ordered.</summary>
    public IReadOnlyList<string> Refs => [.. _refs];

    /// <summary>One for each shared framework that was found nowhere.</summary>
    public IReadOnlyList<Gap> Missing { get; }

    private static Component? Said(string framework, ImagePlatform platform, IReadOnlyList<string> runtimeIdentifiers)
    {
        var version = framework == "Microsoft.AspNetCore.App" ? platform.Facts.AspNetVersion : platform.Facts.RuntimeVersion;
        if (version is null)
            return null;
        var architecture = platform.Architecture switch { "amd64" => "x64", "386" => "x86", var same => same };
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
                Properties = [.. component.Properties, .. BsiProperties.OfPackage($"{component.Name}.{component.Version}.nupkg".ToLowerInvariant())],
            }
            : component;
}
