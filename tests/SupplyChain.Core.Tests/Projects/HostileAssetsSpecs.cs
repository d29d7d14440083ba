using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

public sealed class HostileAssetsSpecs : IDisposable
{
    private readonly AssetsText _assets = new();

    [Fact]
    public async Task A_missing_assets_file_says_that_the_project_has_not_been_restored() =>
        (await RefusedAsync(() => _assets.ReadFileAsync())).Message.ShouldBe($"{_assets.AssetsFile} is missing: the project has not been restored. Run dotnet restore, then publish again.");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"version": 3, "targets": {"net10.0": {"Contoso.Core/1.0.0": {"type": "pack""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"targets": 7}""")]
    [InlineData("""{"targets": {"net10.0": {}}, "libraries": {}, "projectFileDependencyGroups": [], "packageFolders": {}, "project": {"frameworks": {}}}""")]
    [InlineData("<html>not found</html>")]
    [InlineData("\u0000\u0001\u0002")]
    public async Task A_damaged_assets_file_is_refused_by_name(string content)
    {
        _assets.Write("obj/project.assets.json", content);
        (await RefusedAsync(() => _assets.ReadFileAsync())).Message.ShouldBe($"{_assets.AssetsFile} is damaged. Run dotnet restore, then publish again.");
    }

    [Theory]
    [InlineData("""{"net10.0": 1}""")]
    [InlineData("""{"net10.0": {"Contoso.Core": {"type": "package"}}}""")]
    [InlineData("""{"net10.0": {"/1.0.0": {"type": "package"}}}""")]
    [InlineData("""{"net10.0": {"Contoso.Core/1.0.0": {"type": "package", "runtime": ["a.dll"]}}}""")]
    [InlineData("""{"net10.0": {"Contoso.Core/1.0.0": {"type": 5}}}""")]
    [InlineData("""{"net10.0": {"Contoso.Core/1.0.0": {"type": "package", "dependencies": "all"}}}""")]
    [InlineData("""{"net10.0": {"Contoso.Core/1.0.0": {"type": "package", "contentFiles": {"a.cs": {"buildAction": "\ud800"}}}}}""")]
    public async Task A_target_of_another_shape_is_refused(string targets)
    {
        _assets.Targets = targets;
        (await RefusedAsync(() => _assets.ReadAsync())).Message.ShouldContain("is damaged");
    }

    [Fact]
    public async Task An_assets_file_of_absurd_size_is_not_read()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_assets.AssetsFile)!);
        using (var file = File.Create(_assets.AssetsFile))
            file.SetLength(200 * 1024 * 1024);
        (await RefusedAsync(() => _assets.ReadFileAsync())).Message.ShouldContain("has 200 MB; more than 128 MB are not read");
    }

    [Fact]
    public async Task A_depth_without_end_is_refused()
    {
        _assets.Write("obj/project.assets.json", string.Concat(Enumerable.Repeat("""{"targets":""", 10_000)));
        await RefusedAsync(() => _assets.ReadFileAsync());
    }

    [Fact]
    public async Task A_framework_that_was_not_restored_names_those_that_were()
    {
        _assets.Targets = """{"net8.0": {}, "net9.0/linux-x64": {}}""";
        (await RefusedAsync(() => _assets.ReadAsync("linux-x64"))).Message.ShouldContain("has no target net10.0/linux-x64; it has net8.0, net9.0/linux-x64. Run dotnet restore");
    }

    [Fact]
    public async Task An_assets_file_of_no_target_says_so()
    {
        _assets.Targets = "{}";
        (await RefusedAsync(() => _assets.ReadAsync())).Message.ShouldContain("has no target net10.0; it has none.");
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("contoso.core/../../../etc")]
    [InlineData("/etc")]
    [InlineData("contoso.core/./1.0.0")]
    [InlineData("contoso.core//1.0.0")]
    [InlineData("..\\\\..\\\\etc")]
    [InlineData("C:/Windows")]
    [InlineData("")]
    public async Task A_package_path_that_leads_elsewhere_is_refused(string path)
    {
        _assets.Libraries = $$"""{"Contoso.Core/1.0.0": {"type": "package", "sha512": "AAAA", "path": "{{path}}"} }""";
        (await RefusedAsync(() => _assets.ReadAsync())).Message.ShouldContain("which is not one inside a package folder");
    }

    [Theory]
    [InlineData("Contoso/../../../x", "1.0.0")]
    [InlineData("Contoso.Core", "../../../../etc")]
    public async Task An_id_or_version_that_is_a_path_is_refused(string id, string version)
    {
        _assets.Targets = $$$"""{"net10.0": {"{{{id}}}/{{{version}}}": {"type": "package", "runtime": {"lib/net10.0/a.dll": {} } } } }""";
        _assets.Libraries = "{}";
        _assets.Groups = $$"""{"net10.0": ["{{id}} >= 1.0.0"]}""";
        _assets.Dependencies = "{}";
        try
        {
            (await _assets.ReadAsync()).Packages.ShouldBeEmpty();
        }
        catch (DiagnosticException refused)
        {
            refused.Diagnostic.Code.ShouldBe(DiagnosticCodes.AssetsFileUnreadable);
        }
    }

    [Fact]
    public async Task A_package_that_depends_on_itself_in_a_circle_ends()
    {
        _assets.Targets = """
            {"net10.0": {
              "Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Ring": "1.0.0"}, "runtime": {"lib/net10.0/a.dll": {}}},
              "Contoso.Ring/1.0.0": {"type": "package", "dependencies": {"contoso.core": "1.0.0", "Contoso.Ring": "1.0.0"}}}}
            """;
        var inventory = await _assets.ReadAsync();
        inventory.Packages.ShouldHaveSingleItem().Dependencies.ShouldBe(["Contoso.Core"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("one field")]
    [InlineData("a|b|c")]
    public async Task A_list_of_published_files_with_another_shape_is_refused(string line)
    {
        _assets.Write("published.txt", line + "\n");
        if (line.Length == 0)
            (await PublishedFile.ReadListAsync(_assets.File("published.txt"), TestContext.Current.CancellationToken)).ShouldBeEmpty();
        else
            (await RefusedAsync(() => PublishedFile.ReadListAsync(_assets.File("published.txt"), TestContext.Current.CancellationToken))).Message.ShouldContain("NuGetPackageId|NuGetPackageVersion|RelativePath|FullPath");
    }

    [Fact]
    public async Task A_missing_list_of_published_files_is_refused() =>
        await RefusedAsync(() => PublishedFile.ReadListAsync(_assets.File("published.txt"), TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_published_path_may_hold_the_separator()
    {
        _assets.Write("published.txt", "|||/src/x\nContoso.Core|1.0.0|data\\a|b.txt|/packages/contoso.core/1.0.0/data/a|b.txt\n");
        var files = await PublishedFile.ReadListAsync(_assets.File("published.txt"), TestContext.Current.CancellationToken);
        files[1].ShouldBe(new PublishedFile("data/a|b.txt", "/packages/contoso.core/1.0.0/data/a|b.txt", "Contoso.Core", "1.0.0"));
    }

    public void Dispose() => _assets.Dispose();

    private static async Task<Diagnostic> RefusedAsync(Func<Task> read)
    {
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(read)).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.AssetsFileUnreadable);
        return diagnostic;
    }
}
