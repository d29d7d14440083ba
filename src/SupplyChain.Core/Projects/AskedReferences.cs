using SupplyChain.Core.Gating;

namespace SupplyChain.Core.Projects;

/// <summary>
/// What the project asks for now, as MSBuild evaluated it. Compared with what was restored: a time stamp would say nothing, because a restore that finds nothing
/// to do leaves the assets file as old as it is.
/// </summary>
/// <param name="Packages">@(PackageReference).</param>
/// <param name="CentralVersions">@(PackageVersion) by id, in any case.</param>
/// <param name="Projects">@(ProjectReference): absolute paths of those whose assembly is referenced.</param>
public sealed record AskedReferences(IReadOnlyList<AskedPackage> Packages, IReadOnlyDictionary<string, string> CentralVersions, IReadOnlyList<string> Projects)
{
    private const int MostNamed = 3;

    /// <summary>Null: the restore is of this project as it is.</summary>
    internal Gap? Compare(AssetsFile assets)
    {
        var restored = assets.Direct.Values.Where(direct => direct is { Range: not null, IsImplicit: false }).ToList();
        var asked = Packages.Where(package => !package.IsImplicit).DistinctBy(package => package.Id, StringComparer.OrdinalIgnoreCase).ToList();
        var names = asked.Select(package => package.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        List<string> differences =
        [
            .. asked.Select(package => Difference(package, assets.Direct.GetValueOrDefault(package.Id))).OfType<string>(),
            .. restored.Where(direct => !names.Contains(direct.Id)).Select(direct => $"{direct.Id} is no longer referenced"),
            .. ProjectDifferences(assets),
        ];
        if (differences.Count == 0)
            return null;
        differences.Sort(StringComparer.OrdinalIgnoreCase);
        var more = differences.Count > MostNamed ? $"; and {differences.Count - MostNamed} more" : "";
        return new Gap(
            GapKind.RestoreOutdated,
            $"the packages were restored for an older state of the project: {string.Join("; ", differences.Take(MostNamed))}{more}. What was restored is what was built, and what ships. Publish without --no-restore, or run dotnet restore first.");
    }

    private string? Difference(AskedPackage package, DirectDependency? restored)
    {
        if (restored?.Range is not { } range)
            return $"{package.Id} was not restored";

        // Ranges and floating versions are told by what was restored: only plain versions have one spelling.
        var version = package.VersionOverride ?? package.Version ?? CentralVersions.GetValueOrDefault(package.Id);
        return PackageVersion.Parse(version) is { } wanted && range.StartsWith('[') && range.TrimEnd().EndsWith(", )", StringComparison.Ordinal)
            && PackageVersion.Parse(restored.Version) is { } found && !wanted.Equals(found)
                ? $"{package.Id} {version} is asked for, {restored.Version} was restored"
                : null;
    }

    private IEnumerable<string> ProjectDifferences(AssetsFile assets)
    {
        if (assets.ProjectReferences is not { } restored)
            return [];
        // By now the SDK has added the projects that other projects bring in.
        var (before, now) = (Names(restored), Names(Projects));
        var known = before.Concat(Names(assets.Locations.Values.Select(location => location.Path).Where(path => path.EndsWith("proj", StringComparison.OrdinalIgnoreCase))));
        return now.Except(known, StringComparer.OrdinalIgnoreCase).Select(name => $"the project {name} was not restored")
            .Concat(before.Except(now, StringComparer.OrdinalIgnoreCase).Select(name => $"the project {name} is no longer referenced"));

        // By name: paths are spelled in more than one way.
        static List<string> Names(IEnumerable<string> paths) => [.. paths.Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))];
    }
}

/// <param name="Version">As it is written; null: it stands elsewhere.</param>
/// <param name="IsImplicit">The SDK added it.</param>
public sealed record AskedPackage(string Id, string? Version, string? VersionOverride, bool IsImplicit);
