using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Publishing;

/// <summary>What the targets hand over about the project, as the request for its inventory.</summary>
internal static class ProjectRequests
{
    /// <param name="publishedFiles">Empty: not known, what the restore chose counts.</param>
    public static ProjectInventoryRequest From(Settings settings, IReadOnlyList<PublishedFile> publishedFiles) => new(
        settings.ProjectFile,
        settings.Path("ProjectAssetsFile") ?? throw new InvalidOperationException("The setting ProjectAssetsFile was not handed over."),
        settings.Required("TargetFramework"),
        settings.Required("AssemblyName"),
        settings.Required("Version"))
    {
        RuntimeIdentifiers = settings.List("RuntimeIdentifiers"),
        PublishedFiles = publishedFiles.Count == 0 ? null : publishedFiles,
        NativeStatistics = settings.Path("NativeStatistics"),
        TrimmedPackages = settings.List("TrimmedPackages"),
        RuntimeConfiguration = settings.Path("RuntimeConfiguration"),
        SdkVersion = settings.Text("SdkVersion"),
        PublishDirectory = settings.Path("PublishDirectory"),
        Asked = Asked(settings),
        MainFiles = MainFiles(settings),
        Application = new ApplicationFacts
        {
            Publisher = settings.Text("Company") ?? settings.Text("Authors"),
            Website = Nuspec.WebAddress(settings.Text("PackageProjectUrl")),
            RepositoryUrl = Nuspec.WebAddress(settings.Text("RepositoryUrl")),
            Commit = settings.Text("SourceRevisionId"),
            LicenseExpression = settings.Text("PackageLicenseExpression"),
            Directory = settings.Text("ContainerWorkingDirectory")?.TrimEnd('/') ?? "/app",
        },
    };

    private static IReadOnlyList<string> MainFiles(Settings settings)
    {
        if (settings.Path("PublishDirectory") is not { } folder)
            return [];
        var name = Path.Combine(folder, settings.Required("AssemblyName"));
        return [name + ".dll", name];
    }

    /// <summary>Items as text: fields are separated by '|', which no id and no version has. The list is there, even when it is empty, where the targets hand it over.</summary>
    private static AskedReferences? Asked(Settings settings)
    {
        if (!settings.Boolean("ReferencesAreKnown", false))
            return null;
        var versions = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var fields in settings.List("PackageVersions").Select(line => line.Split('|')))
            versions[fields[0]] = fields[1];
        return new AskedReferences(
            [
                .. settings.List("PackageReferences").Select(line => line.Split('|')).Select(fields =>
                    new AskedPackage(fields[0], NullIfEmpty(fields[1]), NullIfEmpty(fields[2]), string.Equals(fields[3], "true", StringComparison.OrdinalIgnoreCase))),
            ],
            versions,
            [.. settings.List("ProjectReferences").Select(line => line.Split('|')).Where(fields => !string.Equals(fields[0], "false", StringComparison.OrdinalIgnoreCase)).Select(fields => fields[1])]);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
