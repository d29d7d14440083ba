using System.Security.Cryptography;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>What really ships, for each shape in which .NET publishes an application. Nothing is guessed: the real SDK publishes, trims, bundles and compiles.</summary>
[Trait("Category", "Slow")]
public sealed class ShapeSpecs(Workshop workshop, ShapeSpecs.Shop shop) : IClassFixture<ShapeSpecs.Shop>
{
    private const string NetCore = "Microsoft.NETCore.App.Runtime.linux-x64";
    private const string Native = "Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64";

    private static readonly string[] Used =
    [
        "Microsoft.Data.Sqlite.Core", "Newtonsoft.Json", "Serilog", "Serilog.Sinks.Console",
        "SQLitePCLRaw.bundle_e_sqlite3", "SQLitePCLRaw.core", "SQLitePCLRaw.lib.e_sqlite3", "SQLitePCLRaw.provider.e_sqlite3",
    ];

    [Fact]
    public async Task Framework_dependent()
    {
        var inventory = await PublishAsync("framework-dependent", "--self-contained", "false");

        ShouldShip(inventory, [.. Used, "Humanizer.Core"]);
        Files(inventory, "Newtonsoft.Json").ShouldBe(["Newtonsoft.Json.dll"]);
        Files(inventory, "SQLitePCLRaw.lib.e_sqlite3").ShouldBe(["libe_sqlite3.so"]);
        inventory.Packages.Where(package => package.IsDirect).Select(package => package.Id).ShouldBe(["Humanizer.Core", "Newtonsoft.Json"]);
        inventory.Packages.Single(package => package.Id == "Serilog").Path.ShouldBe(["Orders", "Serilog.Sinks.Console", "Serilog"]);
        inventory.Frameworks.ShouldHaveSingleItem().Name.ShouldBe("Microsoft.NETCore.App");
        Reason(inventory, "System.Text.Json").ShouldBe(NotShippedReason.SuppliedByRuntime);
        Reason(inventory, "Microsoft.Data.Sqlite").ShouldBe(NotShippedReason.NothingToPublish);
        foreach (var development in new[] { "StyleCop.Analyzers", "Microsoft.SourceLink.GitHub", "Microsoft.SourceLink.Common", "SupplyChain.Build" })
            Reason(inventory, development).ShouldBe(NotShippedReason.DevelopmentOnly, development);
        inventory.Gaps.ShouldBeEmpty();
        inventory.NotShippedGaps.ShouldBeEmpty();
        var loose = inventory.LooseFiles.ShouldHaveSingleItem();
        (loose.Name, loose.Files[0], loose.Sha512).ShouldBe(("CliWrap", "CliWrap.dll", Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(shop.Of(workshop).Project.Path("lib/CliWrap.dll"))))));
        var orders = inventory.Projects.ShouldHaveSingleItem();
        (orders.File, orders.Sha512).ShouldBe(("Orders.dll", Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(Path.Combine(shop.Of(workshop).Output("framework-dependent"), "Orders.dll"))))));
        // What a layer of its own is made of, see SupplyChainLayers.
        DependencyFiles.Of(inventory).ShouldContain("app/libe_sqlite3.so");
        DependencyFiles.Of(inventory).ShouldNotContain("app/Orders.dll");
        // The bill of materials lies in the publish folder for a container only, and for no longer than it takes.
        File.Exists(Path.Combine(shop.Of(workshop).Output("framework-dependent"), "Shop.cdx.json")).ShouldBeFalse();
    }

    [Fact]
    public async Task Self_contained()
    {
        var inventory = await PublishAsync("self-contained", "--self-contained", "true");

        ShouldShip(inventory, [.. Used, "Humanizer.Core", NetCore]);
        inventory.LooseFiles.ShouldHaveSingleItem().Name.ShouldBe("CliWrap");
        Files(inventory, NetCore).ShouldContain("System.Private.CoreLib.dll");
        Files(inventory, NetCore).ShouldContain("System.Text.Json.dll");
        DependencyFiles.Of(inventory).ShouldContain("app/System.Private.CoreLib.dll");
        Reason(inventory, "System.Text.Json").ShouldBe(NotShippedReason.SuppliedByRuntime);
        inventory.Frameworks.ShouldBeEmpty();
    }

    [Fact]
    public async Task Single_file()
    {
        var inventory = await PublishAsync("single-file", "--self-contained", "false", "-p:PublishSingleFile=true");

        ShouldShip(inventory, [.. Used, "Humanizer.Core"]);
        Files(inventory, "Newtonsoft.Json").ShouldBe(["Shop"]);
        DependencyFiles.Of(inventory).ShouldBeEmpty();
        inventory.LooseFiles.ShouldHaveSingleItem().Inside.ShouldBe("Shop");
        Files(inventory, "SQLitePCLRaw.lib.e_sqlite3").ShouldBe(["libe_sqlite3.so"]);
        inventory.Frameworks.ShouldHaveSingleItem().Name.ShouldBe("Microsoft.NETCore.App");
    }

    [Fact]
    public async Task ReadyToRun()
    {
        var inventory = await PublishAsync("ready-to-run", "--self-contained", "false", "-p:PublishReadyToRun=true");

        ShouldShip(inventory, [.. Used, "Humanizer.Core"]);
        Files(inventory, "Newtonsoft.Json").ShouldBe(["Newtonsoft.Json.dll"]);
        inventory.NotShipped.ShouldContain(package => package.Id == "Microsoft.NETCore.App.Crossgen2.linux-x64" && package.NotShipped == NotShippedReason.BuildTool);
    }

    [Fact]
    public async Task Trimmed_and_in_a_single_file()
    {
        var inventory = await PublishAsync("trimmed", "--self-contained", "true", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true");

        ShouldShip(inventory, [.. Used, NetCore]);
        Files(inventory, NetCore).ShouldBe(["Shop"]);
        inventory.LooseFiles.ShouldBeEmpty();
        Reason(inventory, "Humanizer.Core").ShouldBe(NotShippedReason.TrimmedAway);
        Reason(inventory, "System.Text.Json").ShouldBe(NotShippedReason.SuppliedByRuntime);
    }

    [Fact]
    public async Task Native_AOT_and_its_image_tells_every_later_scanner_its_packages()
    {
        var project = shop.Of(workshop).Project;
        (await project.PublishAsync(TestContext.Current.CancellationToken, ["-r", "linux-x64", "-p:PublishAot=true", workshop.OnBaseImage, "-p:SupplyChainLoadImage=false"])).Succeeded();
        var output = project.Path("bin/Release/net10.0/linux-x64/supply-chain");
        var inventory = JsonSerializer.Deserialize(File.ReadAllText(project.Path("obj/Release/net10.0/linux-x64/supply-chain/inventory.json")), ProjectsJson.Default.ProjectInventory)!;

        ShouldShip(inventory, [.. Used, Native, NetCore]);
        Files(inventory, "Newtonsoft.Json").ShouldBe(["Shop"]);
        Files(inventory, "SQLitePCLRaw.lib.e_sqlite3").ShouldBe(["libe_sqlite3.so"]);
        Reason(inventory, "Humanizer.Core").ShouldBe(NotShippedReason.TrimmedAway);
        inventory.LooseFiles.ShouldBeEmpty();
        inventory.Packages.Single(package => package.Id == NetCore).Version.ShouldBe(inventory.Packages.Single(package => package.Id == Native).Version);
        inventory.Gaps.ShouldBeEmpty();
        DependencyFiles.Of(inventory).ShouldBeEmpty();

        var scan = await Workshop.RunAsync(
            "trivy", "image", "--quiet", "--input", $"{output}/image", "--cache-dir", workshop.TrivyCache, "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--format", "json", "--list-all-pkgs");
        scan.ExitCode.ShouldBe(0, scan.StandardError);
        scan.StandardOutput.ShouldContain("CVE-2024-21907");
        scan.StandardOutput.ShouldContain($"pkg:nuget/{NetCore}@");
        var digest = ImageFiles.TagsOfLayout($"{output}/image")["latest"];
        foreach (var file in new[] { "app/Shop", "app/libe_sqlite3.so" })
            (await ImageFiles.LayerAsync($"{output}/image", digest, file)).ShouldBe(0, file);

        // And a scan of the document tells the same as a scan of the image.
        var again = await Workshop.RunAsync(
            "trivy", "sbom", "--quiet", "--cache-dir", workshop.TrivyCache, "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--format", "json", "--list-all-pkgs", $"{output}/sbom.cdx.json");
        Findings(again.StandardOutput).ShouldBe(Findings(scan.StandardOutput));
        Findings(again.StandardOutput).ShouldContain(finding => finding.StartsWith("ncurses", StringComparison.Ordinal) || finding.StartsWith("libtinfo6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_runtime_identifiers_each_carry_their_own_part()
    {
        var project = shop.Of(workshop).Project;
        (await project.PublishAsync(TestContext.Current.CancellationToken,
            ["-p:ContainerRuntimeIdentifiers=\"linux-x64;linux-arm64\"", "-p:UseAppHost=false", $"-p:ContainerBaseImage={workshop.MultiPlatformBaseImage}", "-p:SupplyChainLoadImage=false"])).Succeeded();
        var output = project.Path("bin/Release/net10.0/supply-chain");
        var digest = ImageFiles.TagsOfLayout($"{output}/image")["latest"];
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            using var embedded = JsonDocument.Parse((await ImageFiles.FileAsync($"{output}/image", digest, "app/Shop.cdx.json", architecture)).ShouldNotBeNull(architecture));
            embedded.RootElement.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString())
                .ShouldBe([.. Used, "Humanizer.Core", "Orders", "CliWrap"], ignoreOrder: true);
            embedded.RootElement.GetRawText().ShouldNotContain(project.Directory);
            foreach (var (file, layer) in new[] { ("app/Shop.dll", 0), ("app/Orders.dll", 0), ("app/Newtonsoft.Json.dll", 1), ("app/libe_sqlite3.so", 1) })
                (await ImageFiles.LayerAsync($"{output}/image", digest, file, architecture)).ShouldBe(layer, $"{file} {architecture}");
        }

        using var sbom = JsonDocument.Parse(File.ReadAllBytes($"{output}/sbom.cdx.json"));
        var names = sbom.RootElement.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString()).ToList();
        names.ShouldContain(NetCore);
        names.Count(name => name == "Newtonsoft.Json").ShouldBe(1);
        File.Exists(project.Path("bin/Release/net10.0/linux-x64/publish/Shop.cdx.json")).ShouldBeFalse();
        using var spdx = JsonDocument.Parse(File.ReadAllBytes($"{output}/sbom.spdx.json"));
        spdx.RootElement.GetProperty("packages").GetArrayLength().ShouldBeGreaterThan(names.Count);
        File.ReadAllText($"{output}/build.cdx.json").ShouldContain("StyleCop.Analyzers");
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            using var own = JsonDocument.Parse(File.ReadAllBytes($"{output}/sbom.linux-{architecture}.cdx.json"));
            var files = own.RootElement.GetProperty("components").EnumerateArray().Single(component => component.GetProperty("name").GetString() == "SQLitePCLRaw.lib.e_sqlite3");
            files.GetProperty("evidence").GetProperty("occurrences").GetArrayLength().ShouldBe(1);
            own.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString().ShouldNotBe(digest);
        }

        // The documents of a real publish, all of them, are what the specifications say.
        (await JsonSchemas.ErrorsAsync("cyclonedx/bom-1.6.schema.json", Directory.GetFiles(output, "*.cdx.json"), TestContext.Current.CancellationToken)).ShouldBe("");
        (await JsonSchemas.ErrorsAsync("spdx/spdx-2.3.schema.json", Directory.GetFiles(output, "*.spdx.json"), TestContext.Current.CancellationToken)).ShouldBe("");
    }

    /// <summary>Package and advisory, each once.</summary>
    private static List<string> Findings(string report)
    {
        using var document = JsonDocument.Parse(report);
        return [.. document.RootElement.GetProperty("Results").EnumerateArray()
            .Where(result => result.TryGetProperty("Vulnerabilities", out _))
            .SelectMany(result => result.GetProperty("Vulnerabilities").EnumerateArray())
            .Select(found => $"{found.GetProperty("PkgName").GetString()} {found.GetProperty("InstalledVersion").GetString()} {found.GetProperty("VulnerabilityID").GetString()}")
            .Distinct().Order(StringComparer.Ordinal)];
    }

    private static void ShouldShip(ProjectInventory inventory, string[] expected) => inventory.Packages.Select(package => package.Id).ShouldBe(expected, ignoreOrder: true);

    private static IReadOnlyList<string> Files(ProjectInventory inventory, string id) => inventory.Packages.Single(package => package.Id == id).Files;

    private static NotShippedReason? Reason(ProjectInventory inventory, string id) => inventory.NotShipped.Single(package => package.Id == id).NotShipped;

    private async Task<ProjectInventory> PublishAsync(string shape, params string[] arguments) => JsonSerializer.Deserialize(
        await shop.Of(workshop).PublishAsync(shape, arguments, TestContext.Current.CancellationToken), ProjectsJson.Default.ProjectInventory)!;

    /// <summary>One project for all shapes: it is restored for most of them once.</summary>
    public sealed class Shop : IDisposable
    {
        private readonly TestFolder _folder = new();
        private ShapeProject? _project;

        internal ShapeProject Of(Workshop workshop) => _project ??= new ShapeProject(workshop.Dotnet, _folder.Path, workshop.Package.Feed);

        public void Dispose() => _folder.Dispose();
    }
}
