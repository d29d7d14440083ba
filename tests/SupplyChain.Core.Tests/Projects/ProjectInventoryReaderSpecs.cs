using System.Security.Cryptography;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

[Collection(nameof(ShopProjects))]
public sealed class ProjectInventoryReaderSpecs(ShopProjects shop)
{
    private static readonly string[] Shipped =
    [
        "DiffEngine", "EmptyFiles", "Microsoft.Win32.SystemEvents", "Newtonsoft.Json", "Shouldly", "System.CodeDom", "System.Drawing.Common", "System.Management",
    ];

    [Fact]
    public async Task The_assets_file_alone_tells_what_ships()
    {
        var inventory = await ReadAsync(shop.Request);
        inventory.Packages.Select(package => package.Id).ShouldBe(Shipped);
    }

    [Fact]
    public async Task The_published_files_tell_what_ships()
    {
        var files = await PublishedFile.ReadListAsync(shop.PublishedFiles, TestContext.Current.CancellationToken);
        var inventory = await ReadAsync(shop.Request with { PublishedFiles = files });
        inventory.Packages.Select(package => package.Id).ShouldBe(Shipped);
        inventory.Packages.Single(package => package.Id == "Newtonsoft.Json").Files.ShouldBe(["Newtonsoft.Json.dll"]);

        // Its content is copied by its own targets, so only the folder it comes from tells whose it is.
        inventory.Packages.Single(package => package.Id == "EmptyFiles").Files.ShouldContain("EmptyFiles/archive/empty.zip");
        foreach (var file in inventory.Packages.SelectMany(package => package.Files))
            File.Exists(Path.Combine(shop.Published, file)).ShouldBeTrue(file);
    }

    [Fact]
    public async Task The_dependency_manifest_tells_what_ships()
    {
        var inventory = await ReadAsync(shop.Request with { DependencyManifests = [shop.DependencyManifest] });
        inventory.Packages.Select(package => package.Id).ShouldBe(Shipped);
    }

    [Fact]
    public async Task A_package_whose_files_all_lost_against_the_runtime_does_not_ship()
    {
        var files = await PublishedFile.ReadListAsync(shop.PublishedFiles, TestContext.Current.CancellationToken);
        var inventory = await ReadAsync(shop.Request with { PublishedFiles = [.. files.Where(file => file.PackageId != "System.CodeDom")] });
        inventory.Packages.ShouldNotContain(package => package.Id == "System.CodeDom");
        inventory.Packages.Single(package => package.Id == "System.Management").Dependencies.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_runtime_pack_ships_though_no_assets_file_lists_it()
    {
        var files = await PublishedFile.ReadListAsync(shop.PublishedFiles, TestContext.Current.CancellationToken);
        var pack = new PublishedFile("System.Runtime.dll", "/packs/System.Runtime.dll", "Microsoft.NETCore.App.Runtime.linux-x64", "10.0.0");
        var inventory = await ReadAsync(shop.Request with { PublishedFiles = [.. files, pack] });
        inventory.Packages.ShouldContain(package => package.Purl == "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@10.0.0");
        inventory.Dependencies.ShouldContain("Microsoft.NETCore.App.Runtime.linux-x64");
    }

    [Fact]
    public async Task Several_runtime_identifiers_are_united()
    {
        var one = await ReadAsync(shop.Request);
        var two = await ReadAsync(shop.Request with { RuntimeIdentifiers = ["linux-x64", "linux-arm64"] });
        two.Packages.Select(package => package.Purl).ShouldBe(one.Packages.Select(package => package.Purl));
        two.RuntimeIdentifiers.ShouldBe(["linux-x64", "linux-arm64"]);
    }

    [Fact]
    public async Task A_portable_publish_reads_the_target_without_a_runtime_identifier()
    {
        var inventory = await ReadAsync(shop.Request with { RuntimeIdentifiers = [] });
        inventory.Packages.Select(package => package.Id).ShouldBe(Shipped);
    }

    [Fact]
    public async Task Packages_know_whether_they_are_direct_and_who_brings_them_in()
    {
        var inventory = await ReadAsync(shop.Request);
        inventory.Packages.Where(package => package.IsDirect).Select(package => package.Id).ShouldBe(["Shouldly", "System.Drawing.Common"]);
        Path("Shouldly").ShouldBe(["Shouldly"]);
        Path("System.CodeDom").ShouldBe(["Shouldly", "DiffEngine", "System.Management", "System.CodeDom"]);
        Path("Newtonsoft.Json").ShouldBe(["Contoso.Orders", "Newtonsoft.Json"]);
        inventory.Dependencies.ShouldBe(["Contoso.Orders", "Shouldly", "System.Drawing.Common"]);
        inventory.Packages.Single(package => package.Id == "Shouldly").Dependencies.ShouldBe(["DiffEngine", "EmptyFiles"]);

        // Microsoft.NETCore.Platforms is a dependency too, but has nothing to ship.
        inventory.Packages.Single(package => package.Id == "System.Drawing.Common").Dependencies.ShouldBe(["Microsoft.Win32.SystemEvents"]);
        var project = inventory.Projects.ShouldHaveSingleItem();
        (project.Name, project.Version).ShouldBe(("Contoso.Orders", "2.1.0"));
        project.Dependencies.ShouldBe(["Newtonsoft.Json"]);

        IReadOnlyList<string> Path(string id) => inventory.Packages.Single(package => package.Id == id).Path;
    }

    [Fact]
    public async Task The_hash_is_that_of_the_package_file()
    {
        var inventory = await ReadAsync(shop.Request);
        inventory.Gaps.ShouldBeEmpty();
        var folder = JsonDocument.Parse(File.ReadAllText(shop.AssetsFile)).RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        var package = Path.Combine(folder, "newtonsoft.json/12.0.3/newtonsoft.json.12.0.3.nupkg");
        inventory.Packages.Single(package => package.Id == "Newtonsoft.Json").Sha512.ShouldBe(Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(package))));
    }

    [Fact]
    public async Task The_nuspec_gives_licence_authors_and_repository()
    {
        var package = (await ReadAsync(shop.Request)).Packages.Single(package => package.Id == "Newtonsoft.Json");
        package.LicenseExpression.ShouldBe("MIT");
        package.LicenseUrl.ShouldBeNull();
        package.Authors.ShouldBe("James Newton-King");
        package.ProjectUrl.ShouldBe("https://www.newtonsoft.com/json");
        package.RepositoryUrl.ShouldBe("https://github.com/JamesNK/Newtonsoft.Json");
        package.RepositoryCommit.ShouldBe("7c3d7f8da7e35dde8fa74188b0decff70f8f10e3");
        package.Description.ShouldBe("Json.NET is a popular high-performance JSON framework for .NET");
    }

    [Theory]
    [InlineData("Shouldly", "Shop", "<Version>4.2.1</Version>")]
    [InlineData("System.CodeDom", "Shop", "<Version>4.2.1</Version>")]
    [InlineData("System.Drawing.Common", "Shop", "<DrawingVersion>")]
    [InlineData("Microsoft.Win32.SystemEvents", "Shop", "<DrawingVersion>")]
    [InlineData("Newtonsoft.Json", "Contoso.Orders", "Newtonsoft.Json")]
    public async Task A_package_leads_to_the_line_to_change(string id, string project, string text)
    {
        var line = (await ReadAsync(shop.Request)).Packages.Single(package => package.Id == id).ReferencedAt.ShouldNotBeNull();
        line.File.ShouldBe(project == "Shop" ? shop.ProjectFile : shop.LibraryFile);
        File.ReadAllLines(line.File)[line.Line - 1].ShouldContain(text);
    }

    [Fact]
    public async Task An_inventory_survives_the_file_between_two_targets()
    {
        var inventory = await ReadAsync(shop.Request);
        var text = JsonSerializer.Serialize(inventory, ProjectsJson.Default.ProjectInventory);
        var again = JsonSerializer.Deserialize(text, ProjectsJson.Default.ProjectInventory).ShouldNotBeNull();
        JsonSerializer.Serialize(again, ProjectsJson.Default.ProjectInventory).ShouldBe(text);
        again.Packages.Count.ShouldBe(inventory.Packages.Count);
        again.Packages[0].ReferencedAt.ShouldBe(inventory.Packages[0].ReferencedAt);
    }

    private static Task<ProjectInventory> ReadAsync(ProjectInventoryRequest request) => ProjectInventoryReader.ReadAsync(request, TestContext.Current.CancellationToken);
}
