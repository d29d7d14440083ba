using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Packages of programming languages that the scanner saw in the image and the build did not put there: the .NET runtime of the base image,
/// and what else lies in it. What the application's own .deps.json and embedded bill of materials say is left out: the build knows that better.
/// </summary>
internal sealed class LibraryPart
{
    private readonly SortedList<string, List<Component>> _seen = new(StringComparer.Ordinal);

    /// <param name="known">bom-refs that the document has already.</param>
    public LibraryPart(IReadOnlyList<ImagePlatform> platforms, ProjectInventory inventory, IEnumerable<string> known, SpdxLicenses licenses)
    {
        var taken = known.ToHashSet(StringComparer.Ordinal);
        foreach (var platform in platforms)
        {
            _seen[platform.Name] = [.. platform.Libraries.Where(library => !IsOwn(library.Path, inventory.Name)).Select(library => Describe(library, licenses))
                .Where(component => !taken.Contains(component.BomRef)).DistinctBy(component => component.BomRef, StringComparer.Ordinal)];
        }
    }

    /// <summary>Those that were seen on this platform.</summary>
    public IReadOnlyList<Component> Of(ImagePlatform platform) => _seen[platform.Name];

    private static Component Describe(LibraryPackage library, SpdxLicenses licenses)
    {
        var purl = PackageUrl.TryParse(library.Purl, out var parsed) ? parsed.ToString() : null;
        return RuntimePart.Dressed(new Component(ComponentType.Library, purl ?? $"{library.Type}:{library.Name}@{library.Version}", library.Name, library.Version)
        {
            Purl = purl,
            Licenses = licenses.ClassifyAll(library.Licenses),
            Properties = [.. Properties(library)],
        });
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
