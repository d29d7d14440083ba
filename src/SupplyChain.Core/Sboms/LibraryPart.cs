using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Packages of programming languages that the scanner saw in the image and the build did not put there: the .NET runtime of the base image,
/// and what else lies in it. What the application's own .deps.json and embedded bill of materials say is left out: the build knows that better.
/// </summary>
internal static class LibraryPart
{
    /// <param name="known">bom-refs that the document has already.</param>
    /// <returns>Ordered by bom-ref.</returns>
    public static IReadOnlyList<Component> Of(IReadOnlyList<ScannedPlatform> platforms, ProjectInventory inventory, IEnumerable<string> known, SpdxLicenses licenses)
    {
        var seen = known.ToHashSet(StringComparer.Ordinal);
        var components = new List<Component>();
        foreach (var library in platforms.SelectMany(platform => platform.Libraries))
        {
            if (IsOwn(library.Path, inventory.Name))
                continue;
            var purl = PackageUrl.TryParse(library.Purl, out var parsed) ? parsed.ToString() : null;
            var component = new Component(ComponentType.Library, purl ?? $"{library.Type}:{library.Name}@{library.Version}", library.Name, library.Version)
            {
                Purl = purl,
                Licenses = licenses.ClassifyAll(library.Licenses),
                Properties = [.. Properties(library)],
            };
            if (seen.Add(component.BomRef))
                components.Add(RuntimePart.Dressed(component));
        }

        components.Sort((a, b) => string.CompareOrdinal(a.BomRef, b.BomRef));
        return components;
    }

    private static bool IsOwn(string? path, string application) =>
        path is not null && path[(path.LastIndexOf('/') + 1)..] is var file && (file == $"{application}.deps.json" || file == $"{application}.cdx.json");

    private static IEnumerable<Property> Properties(LibraryPackage library)
    {
        if (library.Path is { } path)
            yield return new Property(TrivyProperties.FilePath, path);
        if (library.LayerDigest is { } layer)
            yield return new Property(TrivyProperties.LayerDigest, layer);
        yield return new Property(TrivyProperties.PackageType, library.Type);
    }
}
