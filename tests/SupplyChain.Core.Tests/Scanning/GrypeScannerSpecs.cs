using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Gating;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>
/// The real trivy lists; in grype's place stands a program that writes reports of the documented form (grype 0.116, presenter/models), because no grype can be had
/// where these tests run.
/// </summary>
public sealed class GrypeScannerSpecs : IDisposable
{
    private const string Zlib = """
        {"vulnerability":{"id":"CVE-2023-45853","dataSource":"https://security-tracker.debian.org/tracker/CVE-2023-45853","namespace":"debian:distro:debian:12","severity":"Critical","urls":[],
         "description":"MiniZip in zlib through 1.3 has an integer overflow. More text.","cvss":[{"metrics":{"baseScore":9.8}}],"knownExploited":[{"cve":"CVE-2023-45853"}],"fix":{"versions":[],"state":"wont-fix"},"advisories":[],"risk":1},
         "relatedVulnerabilities":[],"matchDetails":[],"artifact":{"id":"1","name":"zlib1g","version":"1:1.2.13.dfsg-1","type":"deb","locations":[],"language":"","licenses":[],"cpes":[],"purl":"pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12.5","upstreams":[{"name":"zlib"}]}}
        """;

    private const string Json = """
        {"vulnerability":{"id":"GHSA-5crp-9r3c-p9vr","dataSource":"https://github.com/advisories/GHSA-5crp-9r3c-p9vr","namespace":"github:language:dotnet","severity":"High","urls":[],
         "description":"Improper Handling of Exceptional Conditions in Newtonsoft.Json","cvss":[],"fix":{"versions":["13.0.1"],"state":"fixed","available":[{"version":"13.0.1","date":"2021-03-22","kind":"first-observed"}]},"advisories":[],"risk":1},
         "relatedVulnerabilities":[{"id":"CVE-2024-21907","dataSource":"","urls":[],"cvss":[{"metrics":{"baseScore":7.5}}]}],"matchDetails":[],
         "artifact":{"id":"2","name":"Newtonsoft.Json","version":"12.0.3","type":"dotnet","locations":[],"language":"dotnet","licenses":[],"cpes":[],"purl":"pkg:nuget/Newtonsoft.Json@12.0.3","upstreams":[]}}
        """;

    private const string SbomSource = """{"type":"sbom-file","target":"@TARGET@"}""";

    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Its_matches_become_the_same_report_as_those_of_Trivy_and_the_listing_of_the_system_stays()
    {
        var request = _folder.Request((ScanFolder.Amd64, [TestImage.Debian(), new Dictionary<string, string>(TestImage.Application()) { ["app/key.txt"] = "key = AKIA" + "IOSFODNN7EXAMPLQ\n" }])) with { Secrets = true };
        var environment = (Dictionary<string, string>)request.Environment;
        environment["GITHUB_TOKEN"] = "not for a scanner";
        environment["GRYPE_ONLY_FIXED"] = "true";
        environment["GRYPE_DB_UPDATE_URL"] = "https://mirror.example.com/grype";
        var report = await ScanAsync(Grype(Report([Zlib, Json, Zlib])), request);

        report.Scanner.ShouldBe("Grype");
        report.ScannerVersion.ShouldBe("0.116.1");
        report.DatabaseUpdatedAt.ShouldBe(new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero));
        report.DatabaseDigest.ShouldBe(Digest.Parse("sha256:" + new string('a', 64)));
        report.Findings.Select(finding => (finding.Id, finding.Severity, finding.Kind, finding.Package, finding.FixedVersion, finding.Status)).ShouldBe(
        [
            ("CVE-2023-45853", Severity.Critical, FindingKind.OperatingSystem, "zlib1g", null, "will_not_fix"),
            ("CVE-2024-21907", Severity.High, FindingKind.NuGet, "Newtonsoft.Json", "13.0.1", "fixed"),
        ]);
        report.Findings[0].KnownExploited.ShouldBeTrue();
        report.Findings[0].Title.ShouldBe("MiniZip in zlib through 1.3 has an integer overflow");
        report.Findings[0].Places.ShouldHaveSingleItem().LayerDigest.ShouldBe((await request.Image).Platforms[0].Layers[0].Digest.ToString());
        report.Findings[1].Aliases.ShouldBe(["GHSA-5crp-9r3c-p9vr"]);
        report.Findings[1].FixedOn.ShouldBe(new DateOnly(2021, 3, 22));
        report.Findings[1].Score.ShouldBe(7.5);
        // What is in the image, and the secrets in it, come from Trivy's listing.
        report.Platforms.ShouldHaveSingleItem().Packages.Select(package => package.Name).ShouldBe(["libssl3", "zlib1g"]);
        report.Platforms[0].OperatingSystem.ShouldBe(new OperatingSystemRelease("debian", "12.5", true), "Grype's alert says that its support has ended");
        report.Secrets.ShouldHaveSingleItem().Path.ShouldEndWith("app/key.txt");
        File.Exists(Path.Combine(_folder.Output, "scan.linux-amd64.grype.json")).ShouldBeTrue();

        var variables = File.ReadAllLines(_folder.File("environment")).Select(line => line.Split('=')[0]).ToHashSet();
        variables.ShouldNotContain("GITHUB_TOKEN");
        variables.ShouldNotContain("GRYPE_ONLY_FIXED");
        variables.ShouldContain("GRYPE_DB_UPDATE_URL");
        File.ReadAllText(_folder.File("arguments")).ShouldMatch("^sbom:.*linux-amd64\\.cdx\\.json --output json --file .* --config .*empty\\.yaml\n$");
        var sbom = File.ReadAllText(Directory.GetFiles(Path.Combine(_folder.Work, "grype"), "*.cdx.json").Single());
        sbom.ShouldContain("upstream=openssl");
        sbom.ShouldContain("operating-system");
        sbom.ShouldContain("pkg:nuget/Newtonsoft.Json@12.0.3");
    }

    [Fact]
    public async Task The_image_itself_is_scanned_where_that_is_asked_for_and_another_image_is_refused()
    {
        var request = _folder.Request();
        var image = (await request.Image).Platforms[0];
        var sources = new Dictionary<string, string> { ["oci-dir"] = $$"""{"type":"image","target":{"imageID":"{{image.Config.Digest}}","layers":[]} }""", ["sbom"] = SbomSource };
        var report = await ScanAsync(Grype(Report([Json]), sources), request, GrypeTarget.Image);
        report.Findings.ShouldHaveSingleItem().Places.Select(place => place.Source).ShouldBe(["image", "inventory"]);

        sources["oci-dir"] = """{"type":"image","target":{"imageID":"sha256:1","layers":[]}}""";
        (await FailAsync(Grype(Report([Json]), sources), request, GrypeTarget.Image)).Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
    }

    [Theory]
    [InlineData("not JSON", 3002)]
    [InlineData("", 3002)]
    [InlineData("""{"matches":[],"source":{"type":"sbom-file","target":"@TARGET@"},""", 3002)]
    [InlineData("""{"matches":[{"vulnerability":{"id":""},"artifact":{"name":"a","version":"1"}}],"source":{"type":"sbom-file","target":"@TARGET@"},"descriptor":{"name":"grype","version":"1"}}""", 3002)]
    [InlineData("""{"matches":[],"source":{"type":"sbom-file","target":"@TARGET@"},"descriptor":{"name":"grype","version":"1"}}""", 3002)]
    [InlineData("""{"matches":[],"source":{"type":"sbom-file","target":"other.json"},"distro":{"name":"debian"},"descriptor":{"name":"grype","version":"1"}}""", 3003)]
    [InlineData("""{"findings":[],"schema":9}""", 3009)]
    [InlineData("[]", 3009)]
    [InlineData("""{"matches":[],"source":{"type":"sbom-file","target":"@TARGET@"},"descriptor":{"name":"another","version":"1"}}""", 3009)]
    public async Task What_is_not_a_whole_known_report_about_this_very_image_has_its_code(string report, int code)
    {
        var diagnostic = await FailAsync(Grype(report), _folder.Request());
        diagnostic.Code.Number.ShouldBe(code);
        if (code != 3003 && report.Length > 0 && !report.Contains("\"version\":\"1\"}}", StringComparison.Ordinal))
            diagnostic.Message.ShouldEndWith("Grype's last lines: [0000] WARN said by the scanner");
    }

    [Fact]
    public async Task A_crash_a_hang_and_a_missing_database_have_their_codes_and_the_last_lines()
    {
        var crash = await FailAsync(Grype("", body: "[ \"$1\" = db ] || { echo 'panic: runtime error' >&2; exit 2; }"), _folder.Request());
        crash.Code.ShouldBe(DiagnosticCodes.ScannerFailed);
        crash.Message.ShouldContain("exit code 2");
        crash.Message.ShouldContain("panic: runtime error");

        var hang = await FailAsync(Grype("", body: "[ \"$1\" = db ] && exit 0; echo 'waiting for godot' >&2; sleep 600"), _folder.Request() with { TimeLimit = TimeSpan.FromSeconds(4) });
        hang.Code.ShouldBe(DiagnosticCodes.ToolTimedOut);
        hang.Message.ShouldContain("waiting for godot");

        File.Delete(_folder.File("calls"));
        var none = await FailAsync(Grype("", body: "echo 'no database' >&2; exit 1"), _folder.Request() with { Offline = true });
        none.Code.ShouldBe(DiagnosticCodes.DatabaseUnavailable);
        none.Message.ShouldContain("SupplyChainOffline=true");
        File.ReadAllText(_folder.File("calls")).ShouldNotContain("db update", customMessage: "offline asks nobody");
    }

    private static string Report(IEnumerable<string> matches) => $$"""
        {"matches":[{{string.Join(',', matches)}}],"alertsByPackage":[{"package":{},"alerts":[{"type":"distro-eol","message":"ended"}]}],"source":@SOURCE@,"distro":{"name":"debian","version":"12.5","idLike":[]},
         "descriptor":{"name":"grype","version":"0.116.1","db":{"status":{"schemaVersion":"v6.1.2","from":"https://grype.anchore.io/databases/v6/db.tar.zst?checksum=sha256%3A{{new string('a', 64)}}","built":"2026-11-23T06:00:00Z","path":"/x","valid":true},"providers":{} },"timestamp":"2026-11-23T07:00:00Z"} }
        """;

    /// <summary>A program that takes grype's arguments and writes this report.</summary>
    /// <param name="body">What it does before anything else, in the shell's language.</param>
    private Tool Grype(string report, IReadOnlyDictionary<string, string>? sources = null, string body = "")
    {
        var path = _folder.File("grype");
        foreach (var kind in (string[])["sbom", "oci-dir"])
            File.WriteAllText(_folder.File($"report.{kind}"), report.Replace("@SOURCE@", sources?.GetValueOrDefault(kind) ?? SbomSource, StringComparison.Ordinal));
        File.Delete(path);
        File.WriteAllText(path, $$"""
            #!/bin/sh
            here='{{Path.GetDirectoryName(path)}}'
            echo "$*" >> "$here/calls"
            {{body}}
            [ "$1" = db ] && exit 0
            echo "$*" > "$here/arguments"
            env > "$here/environment"
            target=${1#*:} kind=${1%%:*}
            while [ $# -gt 0 ]; do
              [ "$1" = --file ] && out=$2
              shift
            done
            sed "s|@TARGET@|$target|" "$here/report.$kind" > "$out"
            echo '[0000]  WARN said by the scanner' >&2
            """.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new Tool("grype", path, "the test");
    }

    private Task<ScanReport> ScanAsync(Tool grype, ScanRequest request, GrypeTarget target = GrypeTarget.Sbom)
    {
        var environment = new Dictionary<string, string>(request.Environment) { ["GRYPE_DB_CACHE_DIR"] = _folder.File("grype-db") };
        return new GrypeScanner(new ToolRunner(), grype, TrivyScannerSpecs.Trivy, target, (listing, file) =>
            CycloneDxWriter.Write(SbomBuilder.Build(Samples.Inventory, listing, new SbomContext(new ImageReference(null, "hello"), listing.Image, "1.0.0", null)), file))
            .ScanAsync(request with { Environment = environment }, Cancellation);
    }

    private async Task<Diagnostic> FailAsync(Tool grype, ScanRequest request, GrypeTarget target = GrypeTarget.Sbom) =>
        (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(grype, request, target))).Diagnostic;
}
