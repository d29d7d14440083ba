namespace SupplyChain.Core.Projects;

/// <summary>Several runtime identifiers' inventories of one project as one. A package that ships for some of them only says for which.</summary>
internal static class InventoryMerge
{
    /// <param name="inventories">At least one, each of one runtime identifier.</param>
    public static ProjectInventory Of(IReadOnlyList<ProjectInventory> inventories)
    {
        if (inventories.Count == 1)
            return inventories[0];
        var packages = Packages(inventories, inventory => inventory.Packages);
        var shipped = packages.Select(package => package.Purl).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return inventories[0] with
        {
            Packages = packages,
            NotShipped = [.. Packages(inventories, inventory => inventory.NotShipped).Where(package => !shipped.Contains(package.Purl))],
            Projects = [.. inventories.SelectMany(inventory => inventory.Projects).GroupBy(project => project.Name, StringComparer.OrdinalIgnoreCase)
                .Select(group => group.First() with { Dependencies = Union(group.Select(project => project.Dependencies)) })],
            Dependencies = Union(inventories.Select(inventory => inventory.Dependencies)),
            RuntimeIdentifiers = [.. inventories.SelectMany(inventory => inventory.RuntimeIdentifiers)],
            Frameworks = [.. inventories.SelectMany(inventory => inventory.Frameworks).Distinct()],
            LooseFiles = [.. inventories.SelectMany(inventory => inventory.LooseFiles).DistinctBy(file => (file.Name, file.Sha512, file.Files[0])).OrderBy(file => file.Files[0], StringComparer.Ordinal).ThenBy(file => file.Sha512, StringComparer.Ordinal)],
            Gaps = [.. inventories.SelectMany(inventory => inventory.Gaps).Distinct()],
            NotShippedGaps = [.. inventories.SelectMany(inventory => inventory.NotShippedGaps).Distinct()],
        };
    }

    private static List<NuGetPackage> Packages(IReadOnlyList<ProjectInventory> inventories, Func<ProjectInventory, IReadOnlyList<NuGetPackage>> choose) =>
    [
        .. inventories.SelectMany(inventory => choose(inventory).Select(package => package with { RuntimeIdentifiers = inventory.RuntimeIdentifiers }))
            .GroupBy(package => package.Purl, StringComparer.OrdinalIgnoreCase)
            .Select(group => group.First() with
            {
                IsDirect = group.Any(package => package.IsDirect),
                Dependencies = Union(group.Select(package => package.Dependencies)),
                Files = [.. group.SelectMany(package => package.Files).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                RuntimeIdentifiers = group.Count() == inventories.Count ? [] : [.. group.SelectMany(package => package.RuntimeIdentifiers)],
            })
            .OrderBy(package => package.Id, StringComparer.OrdinalIgnoreCase)
            .ThenBy(package => package.Version, StringComparer.Ordinal),
    ];

    private static List<string> Union(IEnumerable<IReadOnlyList<string>> lists) =>
        [.. lists.SelectMany(list => list).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)];
}
