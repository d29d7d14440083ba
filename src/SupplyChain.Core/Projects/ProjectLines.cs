namespace SupplyChain.Core.Projects;

/// <summary>
/// Finds the line that has to be changed for another version of a package: in the project file, in Directory.Build.props or .targets, in
/// Directory.Packages.props, or in what they import by a plain path; of the project, or of the referenced project that brings the package in.
/// </summary>
internal sealed class ProjectLines(string projectFile, AssetsFile assets)
{
    private readonly Dictionary<string, ProjectFiles> _projects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProjectXml?> _parsed = new(StringComparer.Ordinal);

    /// <summary>Null when no file that can be read without evaluating the project names the package.</summary>
    /// <param name="path">From the direct reference to the package.</param>
    public SourceLine? Find(IReadOnlyList<DependencyGraph.Node> path)
    {
        if (path.Count == 0)
            return null;
        if (assets.Pinned.Contains(path[^1].Id) && Files(projectFile).Find(path[^1].Id, path[^1].Version, centralOnly: true) is { } pin)
            return pin;
        var owner = path.Count - 1;
        while (owner >= 0 && !path[owner].IsProject)
            owner--;
        if (owner == path.Count - 1)
            return null;
        var direct = path[owner + 1];
        var version = owner < 0 ? assets.Direct.GetValueOrDefault(direct.Id)?.Version : null;
        return ProjectFile(owner < 0 ? null : path[owner]) is { } file ? Files(file).Find(direct.Id, version ?? direct.Version, centralOnly: false) : null;
    }

    private string? ProjectFile(DependencyGraph.Node? project)
    {
        if (project is null)
            return projectFile;
        return assets.Locations.GetValueOrDefault(project.Key) is { } location
            ? Path.GetFullPath(location.Path.Replace('\\', Path.DirectorySeparatorChar), Path.GetDirectoryName(projectFile)!)
            : null;
    }

    private ProjectFiles Files(string project)
    {
        if (!_projects.TryGetValue(project, out var files))
            _projects.Add(project, files = new ProjectFiles(project, _parsed));
        return files;
    }
}
