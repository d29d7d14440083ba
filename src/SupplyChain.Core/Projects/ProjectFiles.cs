namespace SupplyChain.Core.Projects;

/// <summary>The MSBuild files that take part in one project and can be found without evaluating it, in the order of their say.</summary>
internal sealed class ProjectFiles
{
    private const int MaximumFiles = 100;
    private static readonly string[] FoundUpwards = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

    private readonly List<ProjectXml> _files = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProjectXml?> _parsed;
    private readonly string _projectDirectory;

    /// <param name="parsed">Shared between projects, which mostly have the same Directory.* files.</param>
    public ProjectFiles(string project, Dictionary<string, ProjectXml?> parsed)
    {
        _parsed = parsed;
        _projectDirectory = Path.GetDirectoryName(project)!;
        Add(project);

        // MSBuild takes the nearest file of each name only, but it is common that this one imports the next above it by an expression.
        for (var folder = _projectDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            foreach (var name in FoundUpwards)
                Add(Path.Combine(folder, name));
        }
    }

    /// <summary>Where the version of a package is written. A version of its own in a reference precedes the central one.</summary>
    /// <param name="version">The one that took effect: tells conditional lines apart.</param>
    /// <param name="centralOnly">Only PackageVersion lines: for packages that nothing references.</param>
    public SourceLine? Find(string id, string version, bool centralOnly)
    {
        PackageLine? reference = null;
        PackageLine? versioned = null;
        PackageLine? central = null;
        foreach (var line in _files.SelectMany(file => file.Packages).Where(line => line.Names(id)))
        {
            if (line.IsCentral)
                central = Better(central, line);
            else if (!centralOnly && line.Version is not null)
                versioned = Better(versioned, line);
            else if (!centralOnly)
                reference ??= line;
        }

        var found = versioned ?? central ?? reference;
        return found is null ? null : Property(found.Version) ?? new SourceLine(found.File, found.Line);

        // The first line, unless a later one alone has the version that took effect.
        PackageLine Better(PackageLine? best, PackageLine line) => best is null || (Value(best.Version) != version && Value(line.Version) == version) ? line : best;
    }

    /// <summary>The line of the property, for <c>Version="$(SerilogVersion)"</c>.</summary>
    private SourceLine? Property(string? version)
    {
        if (PropertyName(version) is not { } name)
            return null;
        foreach (var xml in _files)
        {
            if (xml.Properties.TryGetValue(name, out var property))
                return new SourceLine(xml.File, property.Line);
        }

        return null;
    }

    private string? Value(string? version) =>
        PropertyName(version) is { } name ? _files.Select(file => file.Properties.GetValueOrDefault(name)?.Value).FirstOrDefault(value => value is not null)
        : version?.Trim('[', ']', '(', ')', ' ');

    private static string? PropertyName(string? version) =>
        version is { Length: > 3 } && version.StartsWith("$(", StringComparison.Ordinal) && version.IndexOf(')') == version.Length - 1 ? version[2..^1] : null;

    private void Add(string path)
    {
        if (_files.Count == MaximumFiles || !_seen.Add(path))
            return;
        if (!_parsed.TryGetValue(path, out var xml))
            _parsed.Add(path, xml = File.Exists(path) ? ProjectXml.Read(path) : null);
        if (xml is null)
            return;
        _files.Add(xml);
        foreach (var import in xml.Imports)
        {
            if (Resolve(import, path) is { } file)
                Add(file);
        }
    }

    private string? Resolve(string import, string importer)
    {
        var folder = Path.GetDirectoryName(importer)!;
        var text = import.Trim()
            .Replace("$(MSBuildThisFileDirectory)", folder + Path.DirectorySeparatorChar, StringComparison.OrdinalIgnoreCase)
            .Replace("$(MSBuildProjectDirectory)", _projectDirectory, StringComparison.OrdinalIgnoreCase)
            .Replace('\\', Path.DirectorySeparatorChar);
        return text.Contains("$(", StringComparison.Ordinal) || text.Contains('*') || text.Length == 0 ? null : Path.GetFullPath(text, folder);
    }
}
