using SupplyChain.Core.Projects;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Projects;

/// <summary>An assets file and a package folder as text, for what no real restore writes.</summary>
internal sealed class AssetsText : IDisposable
{
    private readonly TestFolder _folder = new();

    public AssetsText() => Write("App.csproj", """<Project><ItemGroup><PackageReference Include="Contoso.Core" Version="1.0.0" /></ItemGroup></Project>""");

    public string AssetsFile => _folder.File("obj/project.assets.json");

    public string PackageFolder => _folder.File("packages");

    public string Targets { get; set; } = """{"net10.0": {"Contoso.Core/1.0.0": {"type": "package", "runtime": {"lib/net10.0/Contoso.Core.dll": {}}}}}""";

    public string Libraries { get; set; } = """{"Contoso.Core/1.0.0": {"type": "package", "sha512": "AAAA", "path": "contoso.core/1.0.0"}}""";

    public string Groups { get; set; } = """{"net10.0": ["Contoso.Core >= 1.0.0"]}""";

    public string Dependencies { get; set; } = """{"Contoso.Core": {"target": "Package", "version": "[1.0.0, )"}}""";

    public string File(string name) => _folder.File(name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), text);
    }

    public void WriteNuspec(string id, string version, string metadata, string prolog = "") =>
        Write($"packages/{id.ToLowerInvariant()}/{version}/{id.ToLowerInvariant()}.nuspec", $"""{prolog}<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>{version}</version>{metadata}</metadata></package>""");

    /// <summary>The project's own references of projects, as the restore wrote them.</summary>
    public string Restore { get; set; } = "{}";

    public Task<ProjectInventory> ReadAsync(params string[] runtimeIdentifiers)
    {
        WriteAssets();
        return ReadFileAsync(runtimeIdentifiers);
    }

    /// <summary>Compared with what the project asks for now.</summary>
    public Task<ProjectInventory> ReadAskedAsync(AskedReferences asked)
    {
        WriteAssets();
        return ProjectInventoryReader.ReadAsync(Request with { Asked = asked }, TestContext.Current.CancellationToken);
    }

    public Task<ProjectInventory> ReadPublishedAsync(params PublishedFile[] files)
    {
        WriteAssets();
        return ProjectInventoryReader.ReadAsync(Request with { PublishedFiles = files }, TestContext.Current.CancellationToken);
    }

    private ProjectInventoryRequest Request => new(File("App.csproj"), AssetsFile, "net10.0", "App", "1.0.0");

    private void WriteAssets()
    {
        Write("obj/project.assets.json", $$"""
            {"version": 3, "targets": {{Targets}}, "libraries": {{Libraries}}, "projectFileDependencyGroups": {{Groups}},
             "packageFolders": {"{{PackageFolder}}/": {} },
             "project": {"version": "1.0.0", "restore": {{Restore}}, "frameworks": {"net10.0": {"targetAlias": "net10.0", "dependencies": {{Dependencies}} } } } }
            """);
    }

    public Task<ProjectInventory> ReadFileAsync(params string[] runtimeIdentifiers) =>
        ProjectInventoryReader.ReadAsync(Request with { RuntimeIdentifiers = runtimeIdentifiers }, TestContext.Current.CancellationToken);

    public void Dispose() => _folder.Dispose();
}
