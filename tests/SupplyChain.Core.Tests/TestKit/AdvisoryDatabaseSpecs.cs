using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.TestKit;

/// <summary>Nothing but the real trivy can say whether it can read the database.</summary>
[Trait("Category", "Slow")]
public sealed class AdvisoryDatabaseSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trivy_finds_what_is_in_it_by_package_and_version()
    {
        using var folder = new TestFolder();
        AdvisoryDatabase.Write(folder.File("cache"), SampleAdvisories.All);

        var findings = await ScanPackagesAsync(folder, ("Newtonsoft.Json", "12.0.3"), ("System.Drawing.Common", "5.0.2"), ("Azure.Identity", "1.11.4"));

        findings.Select(finding => finding.ToString()).ShouldBe(
        [
            "CVE-2024-21907 Newtonsoft.Json HIGH fixed 13.0.1 Improper Handling of Exceptional Conditions in Newtonsoft.Json",
            "CVE-2021-24112 System.Drawing.Common CRITICAL fixed 4.7.2, 5.0.3 .NET Core Remote Code Execution Vulnerability",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task Trivy_finds_only_the_advisories_that_were_chosen()
    {
        using var folder = new TestFolder();
        AdvisoryDatabase.Write(folder.File("cache"), [SampleAdvisories.SystemDrawing]);

        (await ScanPackagesAsync(folder, ("Newtonsoft.Json", "12.0.3"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Trivy_reads_one_of_thousands_of_packages_and_of_long_texts()
    {
        using var folder = new TestFolder();
        var many = Enumerable.Range(0, 5000).Select(number => SampleAdvisories.NewtonsoftJson with { Package = $"Example.Package{number}", Id = $"CVE-2024-{100000 + number}" });
        AdvisoryDatabase.Write(folder.File("cache"), [.. many, SampleAdvisories.NewtonsoftJson with { Title = new string('x', 20_000) }]);

        (await ScanPackagesAsync(folder, ("Newtonsoft.Json", "12.0.3"))).ShouldHaveSingleItem().Title.Length.ShouldBe(20_000);
        (await ScanPackagesAsync(folder, ("Example.Package4321", "1.0.0"))).ShouldHaveSingleItem().Id.ShouldBe("CVE-2024-104321");
    }

    [Fact]
    public async Task Trivy_finds_Debian_packages_of_the_base_image_with_their_status()
    {
        using var folder = new TestFolder();
        AdvisoryDatabase.Write(folder.File("cache"), SampleAdvisories.All);

        var findings = await ScanAsync(folder, "image", "--input", await BaseImages.LayoutAsync(Cancellation));

        findings.ShouldContain(finding => finding.Id == "CVE-2023-45853" && finding.Package == "zlib1g" && finding.Severity == "CRITICAL" && finding.Status == "will_not_fix");
        findings.ShouldContain(finding => finding.Id == "CVE-2022-27943" && finding.Package == "libstdc++6" && finding.Severity == "LOW" && finding.Status == "affected");
        findings.ShouldNotContain(finding => finding.Id == SampleAdvisories.PerlCertificates.Id);
    }

    [Fact]
    public async Task Its_age_is_what_was_asked_for()
    {
        using var folder = new TestFolder();
        AdvisoryDatabase.Write(folder.File("cache"), [], new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

        var version = await TrivyAsync("version", "--format", "json", "--cache-dir", folder.File("cache"));

        version.GetProperty("VulnerabilityDB").GetProperty("UpdatedAt").GetDateTime().ShouldBe(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    private static Task<Found[]> ScanPackagesAsync(TestFolder folder, params (string Name, string Version)[] packages)
    {
        var resolved = packages.ToDictionary(package => package.Name, package => new { type = "Direct", resolved = package.Version });
        var source = Directory.CreateDirectory(folder.File("source")).FullName;
        File.WriteAllText(Path.Combine(source, "packages.lock.json"), JsonSerializer.Serialize(new { version = 1, dependencies = new Dictionary<string, object> { ["net10.0"] = resolved } }));
        return ScanAsync(folder, "fs", source);
    }

    private static async Task<Found[]> ScanAsync(TestFolder folder, params string[] what)
    {
        var report = await TrivyAsync([.. what, "--cache-dir", folder.File("cache"), "--skip-db-update", "--offline-scan", "--scanners", "vuln", "--format", "json", "--quiet"]);
        return
        [
            .. from result in report.TryGetProperty("Results", out var results) ? results.EnumerateArray().ToArray() : []
               from finding in result.TryGetProperty("Vulnerabilities", out var findings) ? findings.EnumerateArray().ToArray() : []
               select new Found(Text(finding, "VulnerabilityID"), Text(finding, "PkgName"), Text(finding, "Severity"), Text(finding, "Status"), Text(finding, "FixedVersion"), Text(finding, "Title")),
        ];

        static string Text(JsonElement finding, string name) => finding.TryGetProperty(name, out var value) ? value.GetString()! : "";
    }

    private static async Task<JsonElement> TrivyAsync(params string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require("trivy")).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Cancellation);
        result.IsSuccess.ShouldBeTrue(result.StandardError);
        return JsonDocument.Parse(result.StandardOutput).RootElement;
    }

    private sealed record Found(string Id, string Package, string Severity, string Status, string FixedVersion, string Title)
    {
        public override string ToString() => $"{Id} {Package} {Severity} {Status} {FixedVersion} {Title}";
    }
}
