using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>
/// Packages whose assemblies the .NET runtime brings itself, up to a version (the targeting pack's <c>PackageOverrides.txt</c>): the SDK leaves the package's
/// own files out of the publish output, and scanners that read names alone report them all the same.
/// </summary>
public sealed class SuppliedPackages
{
    private readonly Dictionary<string, PackageVersion> _upTo = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="overrides"><c>id|version</c>, as the SDK's item PackageConflictOverrides lists them. What is none is passed over: it then blocks.</param>
    public SuppliedPackages(IEnumerable<string> overrides)
    {
        foreach (var parts in overrides.Select(text => text.Split('|', StringSplitOptions.TrimEntries)))
        {
            if (parts.Length == 2 && PackageVersion.Parse(parts[1]) is { } version && (!_upTo.TryGetValue(parts[0], out var known) || known.CompareTo(version) < 0))
                _upTo[parts[0]] = version;
        }
    }

    public static SuppliedPackages None { get; } = new([]);

    /// <summary>
    /// True only where the runtime supplies this version or a higher one, the project publishes no file of it, and nobody but the application's own list of
    /// dependencies or the inventory names it: another program in the image has a runtime of its own.
    /// </summary>
    public bool Supplies(Finding finding, ProjectInventory inventory) =>
        finding.Kind is FindingKind.NuGet
        && _upTo.TryGetValue(finding.Package, out var upTo)
        && PackageVersion.Parse(finding.Version) is { } version && version.CompareTo(upTo) <= 0
        && !inventory.Packages.Any(package => string.Equals(package.Id, finding.Package, StringComparison.OrdinalIgnoreCase) && package.Files.Count > 0)
        && finding.Places.All(place => place.Platform is null || IsOwn(place.Path, inventory.Name));

    private static bool IsOwn(string? path, string application) =>
        Path.GetFileName(path) is { } file && (file == $"{application}.deps.json" || file == $"{application}.cdx.json");
}
