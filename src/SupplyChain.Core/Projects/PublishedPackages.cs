namespace SupplyChain.Core.Projects;

/// <summary>Which package each published file comes from: by what the SDK says, else by the package folder it lies in.</summary>
internal sealed class PublishedPackages
{
    private readonly Dictionary<string, SortedSet<string>> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<PublishedFile> _others = [];
    private readonly IReadOnlyList<string> _folders;
    private readonly Dictionary<string, string> _paths;
    private readonly Dictionary<string, string> _versions;

    /// <param name="libraries"><c>id/version</c> of the packages in the assets file.</param>
    /// <param name="native">Simple names of the assemblies that have code in the native executable; null: not known, so all that were compiled.</param>
    public PublishedPackages(IReadOnlyList<PublishedFile> files, AssetsFile assets, IEnumerable<string> libraries, IReadOnlySet<string>? native)
    {
        _versions = libraries.GroupBy(key => key[..key.IndexOf('/')], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
        _paths = assets.Locations.GroupBy(location => location.Value.Path, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First().Key, StringComparer.OrdinalIgnoreCase);
        _folders = [.. assets.PackageFolders.Select(folder => folder.Replace('\\', '/').TrimEnd('/') + "/")];

        // The bundler leaves native libraries outside: they are in both lists.
        var outside = files.Where(file => file.Inside is null).Select(file => file.SourcePath).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (file.Inside is not null && outside.Contains(file.SourcePath))
                continue;
            if (file.IsCompiledToNative && native is not null && !native.Contains(Path.GetFileNameWithoutExtension(file.SourcePath)))
                continue;
            if ((ByMetadata(file) ?? BySource(file)) is not { } key)
            {
                _others.Add(file);
                continue;
            }

            if (!_files.TryGetValue(key, out var list))
                _files.Add(key, list = new SortedSet<string>(StringComparer.Ordinal));
            list.Add((file.Inside ?? file.RelativePath).Replace('\\', '/'));
        }
    }

    /// <summary><c>id/version</c> of every package that has a file in the publish output: runtime packs, which no assets file lists, too.</summary>
    public IEnumerable<string> Keys => _files.Keys;

    /// <summary>What no package brought: the project's own files, those of referenced projects, and what is referenced by its path.</summary>
    public IReadOnlyList<PublishedFile> WithoutPackage => _others;

    /// <summary>Ordered; empty when the package ships nothing.</summary>
    public IReadOnlyList<string> Files(string key) => _files.TryGetValue(key, out var files) ? [.. files] : [];

    private string? ByMetadata(PublishedFile file) =>
        file.PackageId is not { } id ? null
        : file.PackageVersion is { } version ? $"{id}/{version}"
        : _versions.GetValueOrDefault(id);

    private string? BySource(PublishedFile file)
    {
        var source = file.SourcePath.Replace('\\', '/');
        foreach (var prefix in _folders)
        {
            if (!source.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var id = source.IndexOf('/', prefix.Length);
            var version = id < 0 ? -1 : source.IndexOf('/', id + 1);
            if (version <= 0)
                continue;

            // What no restore graph names is a pack that the SDK downloads, the native runtime for example.
            var path = source[prefix.Length..version];
            return _paths.GetValueOrDefault(path) ?? (char.IsAsciiDigit(source[id + 1]) ? path : null);
        }

        return null;
    }
}
