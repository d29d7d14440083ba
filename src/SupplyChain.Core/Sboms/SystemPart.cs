using System.Globalization;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>The operating system and its packages as components; those of several platforms are united (their package URLs tell the architecture).</summary>
internal sealed class SystemPart
{
    private readonly SpdxLicenses _licenses;
    private readonly SortedList<string, string> _ofPlatform = new(StringComparer.Ordinal);

    public SystemPart(IReadOnlyList<ImagePlatform> platforms, SpdxLicenses licenses, PlatformNotes notes)
    {
        _licenses = licenses;
        var systems = new SortedList<string, Component>(StringComparer.Ordinal);
        var packages = new SortedList<string, Component>(StringComparer.Ordinal);
        var owners = new SortedList<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var image in platforms)
        {
            if (image.Scanned is not { } platform)
                continue;
            var system = platform.OperatingSystem is { } release ? System(release) : null;
            if (system is not null)
            {
                notes.Add(system.BomRef, image);
                _ofPlatform.TryAdd(image.Name, system.BomRef);
                systems.TryAdd(system.BomRef, system);
                owners.TryAdd(system.BomRef, new SortedSet<string>(StringComparer.Ordinal));
            }

            foreach (var package in platform.Packages)
            {
                var component = Package(package, platform.OperatingSystem?.Family);
                packages.TryAdd(component.BomRef, component);
                notes.Add(component.BomRef, image);
                if (system is not null)
                    owners[system.BomRef].Add(component.BomRef);
            }
        }

        Systems = [.. systems.Values];
        Components = notes.On(systems.Values.Concat(packages.Values));
        Dependencies = [.. owners.Select(owner => new Dependency(owner.Key, [.. owner.Value]))];
        Compositions = owners.Count == 0 ? [] : [new Composition("complete", [], [.. owners.Keys])];
        IsKnown = platforms.Count > 0 && platforms.All(platform => platform.IsRecognised);
    }

    public IReadOnlyList<Component> Systems { get; }

    /// <summary>Operating systems first, then packages, each ordered by bom-ref.</summary>
    public IReadOnlyList<Component> Components { get; }

    /// <summary>Only from the system to its packages: what the packages need of each other the scanner does not say.</summary>
    public IReadOnlyList<Dependency> Dependencies { get; }

    public IReadOnlyList<Composition> Compositions { get; }

    /// <summary>The scanner has recognised the operating system of every platform.</summary>
    public bool IsKnown { get; }

    /// <summary>bom-ref of the operating system of this platform; null: none was recognised.</summary>
    public string? Of(ImagePlatform platform) => _ofPlatform.TryGetValue(platform.Name, out var system) ? system : null;

    /// <summary>Name and version are the scanner's own words for family and release: advisories are found by them.</summary>
    private static Component System(OperatingSystemRelease release) =>
        new(ComponentType.OperatingSystem, $"os:{release.Family}@{release.Name}", release.Family, release.Name)
        {
            Supplier = Distributor(release.Family)?.Name,
            SupplierUrl = Distributor(release.Family)?.Url,
            Properties = [new Property(TrivyProperties.Class, "os-pkgs"), new Property(TrivyProperties.Type, release.Family)],
        };

    private static Party? Distributor(string? family) => family switch
    {
        null => null,
        "alpine" => new("Alpine Linux", "https://alpinelinux.org/"),
        "amazon" => new("Amazon Linux", "https://aws.amazon.com/linux/"),
        "azurelinux" or "cbl-mariner" => new("Microsoft", "https://github.com/microsoft/azurelinux"),
        "chainguard" or "wolfi" => new("Chainguard", "https://www.chainguard.dev/"),
        "debian" => new("Debian", "https://www.debian.org/"),
        "redhat" => new("Red Hat", "https://www.redhat.com/"),
        "ubuntu" => new("Canonical", "https://ubuntu.com/"),
        _ => new(family, null),
    };

    /// <summary>As the distribution names it; an epoch is no part of it.</summary>
    private static string FileName(OsPackage package, string? family)
    {
        var version = package.Version[(package.Version.IndexOf(':') + 1)..];
        return family switch
        {
            "debian" or "ubuntu" => $"{package.Name}_{version}_{package.Architecture ?? "all"}.deb",
            "alpine" or "chainguard" or "wolfi" => $"{package.Name}-{version}.apk",
            _ => $"{package.Name}-{version}.{package.Architecture ?? "noarch"}.rpm",
        };
    }

    private Component Package(OsPackage package, string? family)
    {
        var purl = PackageUrl.TryParse(package.Purl, out var parsed) ? parsed.ToString() : null;
        return new Component(ComponentType.Library, purl ?? $"os-package:{package.Name}@{package.Version}", package.Name, package.Version)
        {
            Purl = purl,
            Supplier = Distributor(family)?.Name,
            SupplierUrl = Distributor(family)?.Url,
            Licenses = _licenses.ClassifyAll(package.Licenses),
            Properties = [.. Properties(package, family), .. BsiProperties.OfPackage(FileName(package, family))],
        };
    }

    private static List<Property> Properties(OsPackage package, string? family)
    {
        // With its parts, Trivy compares the source version as it did in the image; in one piece it does so for most families only.
        (string? upstream, string? release, var epoch) = package.SourceParts is { } parts ? (parts.Upstream, parts.Release, parts.Epoch) : (package.SourceVersion, null, 0);
        List<Property> properties = [];
        Add(TrivyProperties.LayerDiffId, package.LayerDiffId);
        Add(TrivyProperties.LayerDigest, package.LayerDigest == package.LayerDiffId ? null : package.LayerDigest);
        Add(TrivyProperties.ModularityLabel, package.ModularityLabel);
        Add(TrivyProperties.PackageId, package.ScannerId ?? $"{package.Name}@{package.Version}");
        Add(TrivyProperties.PackageType, package.Type ?? family);
        Add(TrivyProperties.SourceEpoch, epoch == 0 ? null : epoch.ToString(CultureInfo.InvariantCulture));
        Add(TrivyProperties.SourceName, package.SourceName);
        Add(TrivyProperties.SourceRelease, release);
        Add(TrivyProperties.SourceVersion, upstream);
        return properties;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                properties.Add(new Property(name, value));
        }
    }
}
