using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Projects;
using SupplyChain.Core.Tests.Sboms;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>Which files are written, about what, and that nothing of the machine gets into them.</summary>
public sealed class SbomDocumentsSpecs : IDisposable
{
    private static readonly DateTimeOffset Date = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task An_index_has_a_document_of_its_own_and_one_for_each_platform_about_that_platforms_manifest()
    {
        var written = await WriteAsync("out", Image(2), SampleSbom.Inventory);

        written.Documents.Select(document => (Path.GetFileName(document.File), document.Image, document.PredicateType)).ShouldBe(
        [
            ("sbom.cdx.json", SampleSbom.Image, PredicateTypes.CycloneDx),
            ("sbom.spdx.json", SampleSbom.Image, PredicateTypes.Spdx),
            ("sbom.linux-amd64.cdx.json", Manifest(0), PredicateTypes.CycloneDx),
            ("sbom.linux-amd64.spdx.json", Manifest(0), PredicateTypes.Spdx),
            ("sbom.linux-arm64.cdx.json", Manifest(1), PredicateTypes.CycloneDx),
            ("sbom.linux-arm64.spdx.json", Manifest(1), PredicateTypes.Spdx),
        ]);
        written.Documents.Count(document => document.IsOfPlatform(Image(2))).ShouldBe(4);
        using var arm64 = JsonDocument.Parse(File.ReadAllBytes(_folder.File("out/sbom.linux-arm64.cdx.json")));
        arm64.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString().ShouldBe(Manifest(1).ToString());
        File.ReadAllText(_folder.File("out/sbom.linux-arm64.spdx.json")).ShouldNotContain("amd64");
    }

    [Fact]
    public async Task The_document_of_a_platform_has_the_packages_that_its_own_build_published()
    {
        var states = Path.Combine(_folder.Path, "platforms");
        foreach (var (rid, package) in new[] { ("linux-x64", "Contoso.X64"), ("linux-musl-arm64", "Contoso.Arm64") })
        {
            Directory.CreateDirectory(Path.Combine(states, rid));
            PlatformInventories.StateOf(states, rid).Inventory.Write(SampleSbom.Inventory with { Packages = [new NuGetPackage(package, "1.0.0", true, [])], RuntimeIdentifiers = [rid] });
        }

        var request = new ProjectInventoryRequest("/src/Shop.csproj", "/src/obj/project.assets.json", "net10.0", "Shop", "1.4.0") { RuntimeIdentifiers = ["linux-x64", "linux-musl-arm64"] };
        var all = await PlatformInventories.ReadAsync(states, request, TestContext.Current.CancellationToken);
        await WriteAsync("out", Image(2), all, states);

        File.ReadAllText(_folder.File("out/sbom.cdx.json")).ShouldContain("pkg:nuget/Contoso.Arm64@1.0.0");
        var arm64 = File.ReadAllText(_folder.File("out/sbom.linux-arm64.cdx.json"));
        arm64.ShouldContain("pkg:nuget/Contoso.Arm64@1.0.0");
        arm64.ShouldNotContain("Contoso.X64");
    }

    [Fact]
    public async Task One_platform_has_one_document_in_each_format()
    {
        var written = await WriteAsync("out", Image(1), SampleSbom.Inventory);
        written.Documents.Select(document => Path.GetFileName(document.File)).ShouldBe(["sbom.cdx.json", "sbom.spdx.json"]);
        File.Exists(_folder.File("out/build.cdx.json")).ShouldBeTrue();
    }

    /// <summary>Another folder of the project, of the packages and of the output, and another feed: the same bytes but for the feed, and none of it in the image.</summary>
    [Fact]
    public async Task The_same_inputs_in_two_folders_give_the_same_bytes()
    {
        using var first = await ProjectAsync("https://feed.contoso.example/v3/index.json");
        using var second = await ProjectAsync("https://feed.contoso.example/v3/index.json");
        using var mirrored = await ProjectAsync("https://mirror.contoso.example/v3/index.json");
        var (one, two, other) = (await first.ReadAsync(), await second.ReadAsync(), await mirrored.ReadAsync());
        one.Packages.Count.ShouldBe(1);
        await WriteAsync("a", Image(2), one);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        await WriteAsync("b/c", Image(2), two);

        var files = Directory.GetFiles(_folder.File("a")).Select(Path.GetFileName).ToList();
        files.Count.ShouldBe(7);
        foreach (var file in files)
        {
            var text = File.ReadAllText(_folder.File("a/" + file));
            File.ReadAllText(_folder.File("b/c/" + file)).ShouldBe(text, file);
            text.ShouldNotContain(Path.GetTempPath());
            text.ShouldNotContain(Environment.UserName + "/");
            text.ShouldContain("2026-03-04T05:06:07Z");
        }

        var embedded = SampleSbom.Json(SbomBuilder.BuildInventory(one, "0.1.0", Date));
        SampleSbom.Json(SbomBuilder.BuildInventory(two, "0.1.0", Date)).ShouldBe(embedded);
        SampleSbom.Json(SbomBuilder.BuildInventory(other, "0.1.0", Date)).ShouldBe(embedded);
        embedded.ShouldContain("2026-03-04T05:06:07Z");
        embedded.ShouldNotContain("contoso.example/v3");
    }

    [Fact]
    public async Task A_listing_of_another_image_is_refused()
    {
        var documents = new SbomDocuments(Plan("out", null), Image(2), "0.1.0", Date);
        var writing = () => documents.WriteAsync(SampleSbom.Inventory, SampleSbom.Listing with { Image = Digest.Of("another"u8) }, null, TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<DiagnosticException>(writing)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
    }

    [Fact]
    public async Task Without_a_listing_the_reason_is_said_and_the_document_is_incomplete()
    {
        Directory.CreateDirectory(_folder.File("out"));
        var written = await new SbomDocuments(Plan("out", null), Image(2), "0.1.0", Date).WriteAsync(SampleSbom.Inventory, null, "trivy is not on PATH", TestContext.Current.CancellationToken);
        var said = written.Diagnostics.ShouldHaveSingleItem();
        said.Code.ShouldBe(DiagnosticCodes.SbomIncomplete);
        said.Message.ShouldContain("(trivy is not on PATH)");
        File.ReadAllText(_folder.File("out/sbom.cdx.json")).ShouldContain("\"incomplete\"");
        File.ReadAllText(_folder.File("out/sbom.spdx.json")).ShouldContain("known to be incomplete: nothing looked into the image");
        // What this machine lacks is nobody else's business.
        File.ReadAllText(_folder.File("out/sbom.spdx.json")).ShouldNotContain("on PATH");
    }

    public void Dispose() => _folder.Dispose();

    private static Digest Manifest(int index) => SampleSbom.Context.Images[index].Manifest.Digest;

    private static ImageLayout Image(int platforms) => new("/image", new Descriptor(MediaTypes.OciIndex, SampleSbom.Image, 1), [.. SampleSbom.Context.Images.Take(platforms)]);

    private static async Task<AssetsText> ProjectAsync(string feed)
    {
        var hash = Convert.ToBase64String(new byte[64]);
        var project = new AssetsText { Libraries = $$"""{"Contoso.Core/1.0.0": {"type": "package", "sha512": "{{hash}}", "path": "contoso.core/1.0.0"} }""" };
        project.WriteNuspec("Contoso.Core", "1.0.0", "<license type=\"expression\">MIT</license><authors>Contoso</authors>");
        project.Write("packages/contoso.core/1.0.0/.nupkg.metadata", $$"""{"version": 2, "contentHash": "{{hash}}", "source": "{{feed}}"}""");
        (await project.ReadAsync()).Gaps.ShouldBeEmpty();
        return project;
    }

    private async Task<WrittenSboms> WriteAsync(string folder, ImageLayout image, ProjectInventory inventory, string? platforms = null)
    {
        Directory.CreateDirectory(_folder.File(folder));
        return await new SbomDocuments(Plan(folder, platforms), image, "0.1.0", Date).WriteAsync(inventory, SampleSbom.Listing, null, TestContext.Current.CancellationToken);
    }

    private PublishPlan Plan(string folder, string? platforms) => new()
    {
        ProjectFile = "/app/app.csproj",
        AssemblyName = "app",
        Version = "1.0.0",
        TargetFramework = "net10.0",
        AssetsFile = "/app/obj/project.assets.json",
        Repository = new ImageReference("registry.example.com", "contoso/shop"),
        Tags = ["1.0"],
        OutputDirectory = _folder.File(folder),
        PlatformDirectory = platforms,
        SbomFormats = [SbomFormat.CycloneDX, SbomFormat.SPDX],
        Gate = new GatePolicy(SeverityThreshold.Critical),
        TagPolicy = TagPolicy.Default,
        Signing = new SigningSettings("/app"),
    };
}
