using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>One platform of an image: what it says about itself, and what the scanner recognised in it.</summary>
/// <param name="Manifest">The digest of its manifest.</param>
/// <param name="Scanned">Null: not scanned.</param>
internal sealed record ImagePlatform(string Name, string Architecture, Digest Manifest, ImageFacts Facts, ScannedPlatform? Scanned)
{
    public IReadOnlyList<LibraryPackage> Libraries => Scanned?.Libraries ?? [];

    /// <summary>The scanner has recognised the operating system.</summary>
    public bool IsRecognised => Scanned is { } scanned && (scanned.OperatingSystem is not null || scanned.Packages.Count > 0);

    /// <param name="images">Empty: those of the listing, about which nothing else is known.</param>
    public static IReadOnlyList<ImagePlatform> Of(IReadOnlyList<PlatformImage> images, ImageListing? listing) => images.Count > 0
        ?
        [
            .. images.Select(image => new ImagePlatform(
                image.Platform.ToString(),
                image.Platform.Architecture,
                image.Manifest.Digest,
                image.Facts,
                listing?.Platforms.FirstOrDefault(scanned => scanned.Manifest == image.Manifest.Digest))),
        ]
        : [.. (listing?.Platforms ?? []).Select(scanned => new ImagePlatform(scanned.Platform, scanned.Platform.Split('/').ElementAtOrDefault(1) ?? "", scanned.Manifest, new ImageFacts(), scanned))];
}

/// <summary>On which platforms of an image each component is. Only what is not on all of them says on which.</summary>
internal sealed class PlatformNotes(int platforms)
{
    internal const string Name = "supplychain:platform";

    private readonly SortedList<string, SortedSet<string>> _places = new(StringComparer.Ordinal);

    public void Add(string bomRef, ImagePlatform platform)
    {
        if (!_places.TryGetValue(bomRef, out var names))
            _places.Add(bomRef, names = new SortedSet<string>(StringComparer.Ordinal));
        names.Add(platform.Name);
    }

    public Component On(Component component) =>
        _places.TryGetValue(component.BomRef, out var names) && names.Count < platforms
            ? component with { Properties = [.. component.Properties, .. names.Select(name => new Property(Name, name))] }
            : component;

    public IReadOnlyList<Component> On(IEnumerable<Component> components) => [.. components.Select(On)];
}
