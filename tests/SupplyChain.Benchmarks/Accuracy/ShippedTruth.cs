namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>Which packages really ship: told from the published files alone, by what is in them.</summary>
internal static class ShippedTruth
{
    /// <param name="published">The publish folder.</param>
    /// <param name="map">The native compiler's map file (<c>IlcGenerateMapFile</c>); null: not native.</param>
    /// <returns><c>id/version</c>.</returns>
    public static IReadOnlySet<string> Of(string published, PackageFiles packages, string? map)
    {
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in Directory.EnumerateFiles(published, "*", SearchOption.AllDirectories))
        {
            if (packages.Owner(File.ReadAllBytes(file)) is { } owner)
                found.Add(owner);
            if (Path.GetExtension(file) == "")
                found.UnionWith(BundleReader.Read(file).Select(entry => packages.Owner(entry.Content)).OfType<string>());
        }

        if (map is null)
            return found;
        var text = File.ReadAllText(map);
        found.UnionWith(packages.Types.Where(package => package.Value.Any(type => text.Contains(type, StringComparison.Ordinal))).Select(package => package.Key));
        return found;
    }
}
