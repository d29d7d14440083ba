namespace SupplyChain.Core.Projects;

/// <summary>Which package each published file comes from: by what the SDK says, else by the package folder it lies in.</summary>
internal sealed class PublishedPackages
{
    private readonly Dictionary<string, SortedSet<string>> _files = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="libraries"><c>id/version</c> of the packages in the assets file.</param>
    public PublishedPackages(IReadOnlyList<PublishedFile> files, AssetsFile assets, IEnumerable<string> libraries)
    {
        var versions = libraries.GroupBy(key => key[..key.IndexOf('/')], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
        var paths = assets.Locations.GroupBy(location => location.Value.Path, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First().Key, StringComparer.OrdinalIgnoreCase);
        foreach (var file in files)
        {
            if ((ByMetadata(file, versions) ?? BySource(file, assets.PackageFolders, paths)) is not { } key)
                continue;
            if (!_files.TryGetValue(key, out var list))
                _files.Add(key, list = new SortedSet<string>(StringComparer.Ordinal));
            list.Add(file.RelativePath.Replace('\\', '/'));
        }
    }

    /// <summary><c>id/version</c> of every package that has a file in the publish output: runtime packs, which no assets file lists, too.</summary>
    public IEnumerable<string> Keys => _files.Keys;

    /// <summary>Ordered; empty when the package ships nothing.</summary>
    public IReadOnlyList<string> Files(string key) => _files.TryGetValue(key, out var files) ? [.. files] : [];

    private static string? ByMetadata(PublishedFile file, Dictionary<string, string> versions) =>
        file.PackageId is not { } id ? null
        : file.PackageVersion is { } version ? $"{id}/{version}"
        : versions.GetValueOrDefault(id);

    private static string? BySource(PublishedFile file, IReadOnlyList<string> folders, Dictionary<string, string> paths)
    {
        var source = file.SourcePath.Replace('\\', '/');
        foreach (var folder in folders)
        {
            var prefix = folder.Replace('\\', '/').TrimEnd('/') + "/";
            if (!source.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var id = source.IndexOf('/', prefix.Length);
            var version = id < 0 ? -1 : source.IndexOf('/', id + 1);
            if (version > 0 && paths.TryGetValue(source[prefix.Length..version], out var key))
                return key;
        }

        return null;
    }
}
