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
}
