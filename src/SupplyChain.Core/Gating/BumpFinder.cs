using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>
/// Looks in the package folders of this machine for a newer version of the direct package that brings a fixed version of the transitive one. Only what has
/// been restored counts: its dependencies can be read, so nothing is guessed. Runs only when the gate is about to say no.
/// </summary>
internal sealed class BumpFinder(IReadOnlyList<string> packageFolders, string targetFramework)
{
    /// <summary>Versions of one package that are looked at, the lowest first.</summary>
    private const int MaximumCandidates = 20;

    private const int MaximumPackages = 500;

    private readonly PackageDependencies _dependencies = new(packageFolders, targetFramework);

    public IReadOnlyList<ProvenBump> Find(IEnumerable<Finding> findings, ProjectInventory inventory)
    {
        var bumps = new List<ProvenBump>();
        foreach (var group in findings.Where(finding => finding.Kind is FindingKind.NuGet).GroupBy(finding => (finding.Package.ToLowerInvariant(), finding.Version)))
        {
            if (PackageRemedy.PackageOf(inventory, group.First()) is { } package && PackageRemedy.DirectOf(inventory, package) is { } direct
                && direct != package.Id && VersionOf(inventory, direct) is { } version && Find(package, direct, version, [.. group]) is { } bump)
            {
                bumps.Add(bump);
            }
        }

        return bumps;
    }

    private ProvenBump? Find(NuGetPackage package, string direct, string directVersion, IReadOnlyList<Finding> findings)
    {
        if (PackageVersion.Parse(directVersion) is not { } from || PackageVersion.Parse(package.Version) is not { } vulnerable)
            return null;
        var first = package.Path.ToList().FindIndex(id => string.Equals(id, direct, StringComparison.OrdinalIgnoreCase));
        foreach (var candidate in Candidates(direct, from).Take(MaximumCandidates))
        {
            // No longer a way than today's: another package's shorter one would decide the version then.
            if (Brought(direct, candidate, package.Id, package.Path.Count - 1 - first) is { } brought && PackageVersion.Parse(brought) is { } version
                && findings.All(finding => FixedVersions.Clears(finding.FixedVersion, vulnerable, version)))
            {
                return new ProvenBump(package.Id, package.Version, direct, candidate, brought);
            }
        }

        return null;
    }

    private IEnumerable<string> Candidates(string id, PackageVersion above) => _dependencies.Versions(id)
        .Select(text => (Text: text, Version: PackageVersion.Parse(text)))
        .Where(candidate => candidate.Version is not null && candidate.Version.CompareTo(above) > 0 && (above.IsPreRelease || !candidate.Version.IsPreRelease))
        .OrderBy(candidate => candidate.Version).Select(candidate => candidate.Text);

    /// <summary>
    /// The version of a package that comes with this one: level by level, as NuGet does, the nearest level decides and in it the highest demand. Null when
    /// a package on the way is not on this machine.
    /// </summary>
    private string? Brought(string id, string version, string wanted, int levels)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        List<(string Id, string Version)> level = [(id, version)];
        for (var depth = 0; depth < levels && seen.Count < MaximumPackages; depth++)
        {
            List<(string Id, string Version)> next = [];
            foreach (var package in level.Where(package => seen.Add($"{package.Id}/{package.Version}")))
            {
                if (_dependencies.Of(package.Id, package.Version) is not { } dependencies)
                    return null;
                next.AddRange(dependencies);
            }

            var demands = next.Where(package => string.Equals(package.Id, wanted, StringComparison.OrdinalIgnoreCase)).Select(package => package.Version).ToList();
            if (demands.Count > 0)
                return demands.Select(text => (Text: text, Version: PackageVersion.Parse(text))).Where(demand => demand.Version is not null).OrderByDescending(demand => demand.Version).Select(demand => demand.Text).FirstOrDefault();
            level = next;
        }

        return null;
    }

    private static string? VersionOf(ProjectInventory inventory, string id) =>
        inventory.Packages.FirstOrDefault(package => string.Equals(package.Id, id, StringComparison.OrdinalIgnoreCase))?.Version;
}
