using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>The real trivy reads our documents and finds in them what it would find in the image.</summary>
public sealed class TrivySbomSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_application_part_leads_trivy_to_a_vulnerable_package(bool packagesAlone)
    {
        var results = await ScanAsync(packagesAlone ? SbomBuilder.BuildPackages(SampleSbom.Inventory, "0.1.0") : SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0"));
        var application = results.Single(result => result.GetProperty("Type").GetString() == "dotnet-core");
        application.GetProperty("Target").GetString().ShouldBe("Shop");

        // Trivy follows the graph from the application through packages only; what a referenced project brings in it lists on its own.
        results.Sum(result => result.GetProperty("Packages").GetArrayLength()).ShouldBe(SampleSbom.Inventory.Packages.Count);
        Ids(results).ShouldBe(["CVE-2024-21907"]);
    }

    [Fact]
    public async Task The_whole_document_leads_trivy_to_the_systems_packages_by_their_source_package()
    {
        var results = await ScanAsync(SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context));
        Ids(results).ShouldBe(["CVE-2023-45853", "CVE-2024-21907"]);
        var system = results.Single(result => result.GetProperty("Class").GetString() == "os-pkgs");
        system.GetProperty("Type").GetString().ShouldBe("debian");

        // The advisory names the source package zlib. Trivy counts packages of several architectures once.
        var found = system.GetProperty("Vulnerabilities").EnumerateArray().ToList();
        found.Select(one => one.GetProperty("PkgName").GetString()).ShouldBe(["zlib1g"]);
        found[0].GetProperty("InstalledVersion").GetString().ShouldBe("1:1.2.13.dfsg-1");
        system.GetProperty("Packages").EnumerateArray().Select(package => package.GetProperty("Name").GetString()).ShouldBe(["libssl3", "tzdata", "zlib1g"], ignoreOrder: true);
    }

    /// <summary>Binary packages of another name than their source package, epochs, revisions: what is easily lost on the way.</summary>
    [Theory]
    [InlineData("debian", "12.5")]
    [InlineData("alpine", "3.20.1")]
    [InlineData("ubuntu", "24.04")]
    public async Task A_scan_of_the_document_finds_in_the_system_what_a_scan_of_the_image_finds(string family, string release)
    {
        using var folder = new ScanFolder();
        AdvisoryDatabase.Write(folder.Cache, [SampleAdvisories.Zlib, SampleAdvisories.OpenSslDebian, SampleAdvisories.OpenSslAlpine, SampleAdvisories.OpenSslUbuntu]);
        var request = folder.Request((ScanFolder.Amd64, [family switch { "alpine" => TestImage.Alpine(), "ubuntu" => TestImage.Ubuntu(), _ => TestImage.Debian() }, TestImage.Application()]));
        var report = await new TrivyScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanAsync(request, TestContext.Current.CancellationToken);
        var image = await request.Image;
        report.Platforms[0].OperatingSystem.ShouldNotBeNull().ShouldBe(new OperatingSystemRelease(family, release, report.Platforms[0].OperatingSystem!.EndOfLife));
        var inImage = report.Findings.Where(finding => finding.Kind == FindingKind.OperatingSystem).Select(finding => $"{finding.Package} {finding.Version} {finding.Id} {finding.FixedVersion}").ToList();
        inImage.ShouldNotBeEmpty();

        var context = new SbomContext(new ImageReference(null, "shop"), image.Root.Digest, "0.1.0", null) { Images = image.Platforms };
        var sbom = SbomBuilder.Build(SampleSbom.Inventory, report, context);
        (await SystemFindingsAsync(sbom, folder.Cache)).ShouldBe(inImage, ignoreOrder: true);

        // Its shortest form too.
        (await SystemFindingsAsync(SbomSize.Shortest(sbom), folder.Cache)).ShouldBe(inImage, ignoreOrder: true);
    }

    private async Task<IEnumerable<string>> SystemFindingsAsync(Sbom sbom, string cache)
    {
        var results = await ScanAsync(sbom, cache);

        return results.Where(result => result.GetProperty("Class").GetString() == "os-pkgs" && result.TryGetProperty("Vulnerabilities", out _)).SelectMany(result => result.GetProperty("Vulnerabilities").EnumerateArray())
            .Select(found => $"{found.GetProperty("PkgName").GetString()} {found.GetProperty("InstalledVersion").GetString()} {found.GetProperty("VulnerabilityID").GetString()} {(found.TryGetProperty("FixedVersion", out var version) ? version.GetString() : "")}");
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string?> Ids(IReadOnlyList<JsonElement> results) =>
        results.Where(result => result.TryGetProperty("Vulnerabilities", out _)).SelectMany(result => result.GetProperty("Vulnerabilities").EnumerateArray())
            .Select(found => found.GetProperty("VulnerabilityID").GetString()).Distinct().Order(StringComparer.Ordinal);

    private Task<IReadOnlyList<JsonElement>> ScanAsync(Sbom sbom)
    {
        AdvisoryDatabase.Write(_folder.Path, [SampleAdvisories.NewtonsoftJson, SampleAdvisories.Zlib]);
        return ScanAsync(sbom, _folder.Path);
    }

    private async Task<IReadOnlyList<JsonElement>> ScanAsync(Sbom sbom, string cache)
    {
        File.WriteAllText(_folder.File("sbom.cdx.json"), SampleSbom.Json(sbom));
        var result = await Cli.Wrap(Toolchain.Require("trivy"))
            .WithArguments(["sbom", "--quiet", "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--cache-dir", cache, "--format", "json", "--list-all-pkgs", _folder.File("sbom.cdx.json")])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        result.ExitCode.ShouldBe(0, result.StandardError);
        return [.. JsonDocument.Parse(result.StandardOutput).RootElement.GetProperty("Results").EnumerateArray()];
    }
}
