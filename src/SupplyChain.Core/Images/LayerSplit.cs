namespace SupplyChain.Core.Images;

/// <summary>
/// Packages change rarely, the application with every commit: a layer each, so that a registry, and every node that pulls, already has the larger one.
/// </summary>
/// <param name="DependenciesOf">The files of an image of this platform that belong to the lower layer, by their names in it: <c>app/Newtonsoft.Json.dll</c>. Empty: one layer.</param>
internal sealed record LayerSplit(Func<Platform, IReadOnlySet<string>> DependenciesOf)
{
    /// <summary>
    /// Both layers together hold what the one held. A folder stands in each layer that has something in it, the same in both: who unpacks the lower one
    /// alone must not have to invent it, and what the upper one says of it counts.
    /// </summary>
    /// <param name="entries">Ordered by name.</param>
    /// <returns>Lowest first; one, where there is nothing to split.</returns>
    internal static IReadOnlyList<IReadOnlyList<LayerEntry>> Apply(IReadOnlyList<LayerEntry> entries, IReadOnlySet<string> dependencies)
    {
        var lower = entries.Where(entry => !entry.IsFolder && dependencies.Contains(entry.Name)).Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        if (lower.Count == 0 || lower.Count == entries.Count(entry => !entry.IsFolder))
            return [entries];
        var folders = lower.SelectMany(FoldersOf).ToHashSet(StringComparer.Ordinal);
        return
        [
            [.. entries.Where(entry => entry.IsFolder ? folders.Contains(entry.Name) : lower.Contains(entry.Name))],
            [.. entries.Where(entry => entry.IsFolder || !lower.Contains(entry.Name))],
        ];
    }

    private static IEnumerable<string> FoldersOf(string name)
    {
        for (var slash = name.IndexOf('/'); slash > 0; slash = name.IndexOf('/', slash + 1))
            yield return name[..slash];
    }
}
