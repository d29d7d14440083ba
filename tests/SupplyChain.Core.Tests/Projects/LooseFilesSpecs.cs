using System.Security.Cryptography;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

/// <summary>Assemblies that are referenced by their path, and other programs that no package brought.</summary>
public sealed class LooseFilesSpecs : IDisposable
{
    private readonly AssetsText _assets = new()
    {
        Targets = """
            {"net10.0": {
              "Contoso.Core/1.0.0": {"type": "package", "runtime": {"lib/net10.0/Contoso.Core.dll": {} } },
              "Contoso.Orders/2.1.0": {"type": "project", "runtime": {"bin/placeholder/Orders.dll": {} } } } }
            """,
        Groups = """{"net10.0": ["Contoso.Core >= 1.0.0", "Contoso.Orders >= 2.1.0"]}""",
    };

    private static string Assembly => typeof(ShouldBeTestExtensions).Assembly.Location;

    [Fact]
    public async Task An_assembly_without_a_package_is_told_by_name_version_company_and_hash()
    {
        var file = (await ReadAsync(new PublishedFile("Legacy.dll", Assembly))).LooseFiles.ShouldHaveSingleItem();
        (file.Name, file.Version).ShouldBe(("Shouldly", typeof(ShouldBeTestExtensions).Assembly.GetName().Version!.ToString()));
        file.Company.ShouldNotBeNull().ShouldContain("Joseph Woodward");
        file.Sha512.ShouldBe(Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(Assembly))));
        file.Files.ShouldBe(["Legacy.dll"]);
    }

    [Fact]
    public async Task Its_satellite_assemblies_belong_to_it()
    {
        var files = (await ReadAsync(new PublishedFile("Legacy.dll", Assembly), new PublishedFile("de/Legacy.resources.dll", Assembly))).LooseFiles;
        files.ShouldHaveSingleItem().Files.ShouldBe(["Legacy.dll", "de/Legacy.resources.dll"]);
    }

    [Fact]
    public async Task A_native_library_has_a_name_and_a_hash()
    {
        _assets.Write("libcrypt.so.1", "no assembly");
        var file = (await ReadAsync(new PublishedFile("native/libcrypt.so.1", _assets.File("libcrypt.so.1")))).LooseFiles.ShouldHaveSingleItem();
        (file.Name, file.Version).ShouldBe(("libcrypt.so.1", null));
        file.Sha512.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("App.dll")]
    [InlineData("de/App.resources.dll")]
    [InlineData("appsettings.json")]
    [InlineData("App.pdb")]
    [InlineData("wwwroot/site.js")]
    public async Task The_applications_own_files_and_mere_data_are_none(string path) => (await ReadAsync(new PublishedFile(path, Assembly))).LooseFiles.ShouldBeEmpty();

    [Fact]
    public async Task A_file_of_a_package_is_none()
    {
        (await ReadAsync(new PublishedFile("Contoso.Core.dll", Assembly, "Contoso.Core", "1.0.0"))).LooseFiles.ShouldBeEmpty();
        (await ReadAsync(new PublishedFile("x.dll", $"{_assets.PackageFolder}/contoso.core/1.0.0/tools/x.dll"))).LooseFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_assembly_of_a_referenced_project_is_that_projects_own()
    {
        var inventory = await ReadAsync(new PublishedFile("Orders.dll", Assembly), new PublishedFile("de/Orders.resources.dll", Assembly));
        inventory.LooseFiles.ShouldBeEmpty();
        var project = inventory.Projects.ShouldHaveSingleItem();
        (project.Name, project.File).ShouldBe(("Contoso.Orders", "Orders.dll"));
        project.Sha512.ShouldBe(Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(Assembly))));
    }

    [Fact]
    public async Task Inside_a_bundle_it_is_told_too()
    {
        var file = (await ReadAsync(new PublishedFile("Legacy.dll", Assembly) { Inside = "App" })).LooseFiles.ShouldHaveSingleItem();
        (file.Inside, file.Files[0]).ShouldBe(("App", "Legacy.dll"));
    }

    [Fact]
    public async Task A_file_that_is_gone_has_no_hash() => (await ReadAsync(new PublishedFile("Gone.dll", "/nowhere/Gone.dll"))).LooseFiles.ShouldHaveSingleItem().Sha512.ShouldBeNull();

    public void Dispose() => _assets.Dispose();

    private Task<ProjectInventory> ReadAsync(params PublishedFile[] files)
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        return _assets.ReadPublishedAsync(files);
    }
}
