using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>What a scanner may say, and what is believed of it.</summary>
public sealed class TrivyReportSpecs : IDisposable
{
    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public TrivyReportSpecs() => _folder.WriteFakeDatabase();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_finding_of_the_image_and_of_the_inventory_is_one_finding_with_two_places()
    {
        var request = _folder.Request();
        var report = await ScanAsync(new FakeTrivy(), request);
        report.Image.ShouldBe((await request.Image).Root.Digest);
        (report.Scanner, report.ScannerVersion, report.DatabaseUpdatedAt).ShouldBe(("Trivy", "unknown", DateTimeOffset.Parse("2026-11-23T06:00:00.1234567Z")));
        var finding = report.Findings.ShouldHaveSingleItem();
        (finding.Id, finding.Severity, finding.Kind, finding.Package, finding.Version, finding.FixedVersion, finding.Status, finding.Purl)
            .ShouldBe(("CVE-2024-21907", Severity.High, FindingKind.NuGet, "Newtonsoft.Json", "12.0.3", "13.0.1", "fixed", "pkg:nuget/Newtonsoft.Json@12.0.3"));
        finding.Places.ShouldBe([new FindingPlace("linux/amd64", null, "app/Hello.deps.json"), new FindingPlace(null, null, null)]);
        File.Exists(Path.Combine(_folder.Output, "scan.linux-amd64.trivy.json")).ShouldBeTrue();
        File.Exists(Path.Combine(_folder.Output, "scan.inventory.trivy.json")).ShouldBeTrue();
    }

    [Fact]
    public async Task Names_of_NuGet_packages_have_no_case_and_the_worse_severity_counts()
    {
        var trivy = new FakeTrivy
        {
            SpoilInventory = report =>
            {
                Found(report)["PkgName"] = "newtonsoft.json";
                Found(report)["PkgIdentifier"]!["PURL"] = "pkg:nuget/newtonsoft.json@12.0.3";
                Found(report)["Severity"] = "CRITICAL";
            },
        };
        var finding = (await ScanAsync(trivy)).Findings.ShouldHaveSingleItem();
        finding.Severity.ShouldBe(Severity.Critical);
        finding.Places.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("NEGLIGIBLE")]
    [InlineData("4")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_severity_that_is_no_word_of_Trivys_is_unknown_and_not_low(string? severity)
    {
        var trivy = new FakeTrivy { SpoilImage = report => Found(report)["Severity"] = severity, SpoilInventory = report => Found(report)["Severity"] = severity };
        (await ScanAsync(trivy)).Findings.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Unknown);
    }

    public static TheoryData<string> OtherImages => ["architecture", "os", "variant", "id", "no id", "layer", "no layers", "type", "no metadata"];

    [Theory]
    [MemberData(nameof(OtherImages))]
    public async Task A_report_on_something_else_is_refused(string difference)
    {
        var trivy = new FakeTrivy
        {
            SpoilImage = report =>
            {
                var metadata = report["Metadata"]!.AsObject();
                switch (difference)
                {
                    case "architecture": metadata["ImageConfig"]!["architecture"] = "amd64"; break;
                    case "os": metadata["ImageConfig"]!["os"] = "windows"; break;
                    case "variant": metadata["ImageConfig"]!["variant"] = "v7"; break;
                    case "id": metadata["ImageID"] = "sha256:" + new string('0', 64); break;
                    case "no id": metadata.Remove("ImageID"); break;
                    case "layer": metadata["DiffIDs"]!.AsArray().RemoveAt(0); break;
                    case "no layers": metadata["DiffIDs"] = null; break;
                    case "type": report["ArtifactType"] = "filesystem"; break;
                    default: report.Remove("Metadata"); break;
                }
            },
        };
        var request = _folder.Request((ScanFolder.Arm64, [TestImage.Debian("arm64"), TestImage.Application()]));
        (await FailAsync(trivy, request)).Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
    }

    [Fact]
    public async Task A_report_on_another_inventory_is_refused()
    {
        (await FailAsync(new FakeTrivy { SpoilInventory = report => report["ArtifactName"] = "/other.cdx.json" })).Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
        (await FailAsync(new FakeTrivy { SpoilInventory = report => report["ArtifactType"] = "spdx" })).Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
    }

    public static TheoryData<string> Garbage =>
    [
        "", "null", "[]", "not JSON", "{", """{"SchemaVersion":2}""", """{"SchemaVersion":2,"ArtifactName":null,"ArtifactType":"container_image"}""",
        """{"SchemaVersion":2,"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image"}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[null]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Packages":[null]}]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Packages":[{"Name":""}]}]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Packages":[{"Name":"a","Epoch":99999999999}]}]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Vulnerabilities":[{}]}]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Vulnerabilities":[{"VulnerabilityID":"","PkgName":"a","InstalledVersion":"1"}]}]}""",
        """{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Results":[{"Vulnerabilities":"none"}]}""",
    ];

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task A_report_that_cannot_be_understood_is_not_a_clean_one(string text) =>
        (await FailAsync(new FakeTrivy { Write = _ => text })).Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);

    [Fact]
    public async Task A_report_of_an_unknown_schema_has_a_code_of_its_own_and_garbage_comes_with_the_scanners_last_lines()
    {
        (await FailAsync(new FakeTrivy { Write = _ => """{"SchemaVersion":3,"ArtifactName":"x","ArtifactType":"container_image"}""" })).Code.ShouldBe(DiagnosticCodes.ScannerSchemaUnknown);
        var garbage = await FailAsync(new FakeTrivy { Write = _ => "{", Result = new ToolResult(0, "", "first\nno space left on device\n", TimeSpan.Zero) });
        garbage.Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);
        garbage.Message.ShouldEndWith("Trivy's last lines: first | no space left on device");
    }

    [Fact]
    public async Task Half_a_report_is_no_report()
    {
        for (var part = 1; part < 10; part++)
            (await FailAsync(new FakeTrivy { Write = report => report[..(report.Length * part / 10)] })).Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);
    }

    [Fact]
    public async Task Deeply_nested_JSON_is_refused()
    {
        var nested = $$"""{"SchemaVersion":2,"ArtifactName":"x","ArtifactType":"container_image","Other":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""";
        (await FailAsync(new FakeTrivy { Write = _ => nested })).Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);
    }

    [Fact]
    public async Task A_report_without_end_is_not_read()
    {
        var file = _folder.File("huge.json");
        using (var stream = File.Create(file))
            stream.SetLength(TrivyReportReader.MaximumBytes + 1);
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => TrivyReportReader.ReadAsync(file, "linux/amd64", Cancellation))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.ScannerReportUnusable);
        diagnostic.Message.ShouldContain("256 MB");
    }

    [Fact]
    public async Task A_report_that_an_earlier_build_left_is_not_taken_for_this_one()
    {
        var request = _folder.Request();
        await ScanAsync(new FakeTrivy(), request);
        (await FailAsync(new FakeTrivy { Write = _ => null }, request)).Message.ShouldContain("wrote no report");
    }

    [Fact]
    public async Task A_crash_is_told_with_the_scanners_last_lines()
    {
        var diagnostic = await FailAsync(new FakeTrivy { Result = new ToolResult(139, "", "one\ntwo\nthree\nfour\npanic: \u001b[31mfive\nsix\n", TimeSpan.Zero) });
        diagnostic.Code.ShouldBe(DiagnosticCodes.ScannerFailed);
        diagnostic.Message.ShouldContain("(exit code 139). Its last lines: two | three | four | panic: [31mfive | six");
    }

    [Fact]
    public async Task The_first_run_that_fails_stops_the_others()
    {
        var runner = new HangingRunner();
        var request = _folder.Request((ScanFolder.Amd64, [TestImage.Debian()]), (ScanFolder.Arm64, [TestImage.Debian("arm64")]));
        var diagnostic = (await Should.ThrowAsync<DiagnosticException>(() => new TrivyScanner(runner, FakeTrivy.Tool).ScanAsync(request, Cancellation))).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.ToolTimedOut);
        runner.Cancelled.ShouldBe(3);
    }

    [Fact]
    public async Task A_cancelled_build_is_cancelled_and_not_failed()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => new TrivyScanner(new FakeTrivy(), FakeTrivy.Tool).ScanAsync(_folder.Request(), cancellation.Token));
    }

    [Fact]
    public async Task A_title_cannot_forge_lines_or_commands_of_the_build_log()
    {
        const string hostile = "harmless\r\nHello.csproj : error SCB0000: forged\u2028\u001b[2K##vso[task.setvariable variable=x]##[error]\u202egnp.exe %0A;";
        var trivy = new FakeTrivy
        {
            SpoilImage = report =>
            {
                Found(report)["Title"] = hostile + new string('x', 5000);
                Found(report)["InstalledVersion"] = hostile;
                report["Results"]![0]!["Target"] = hostile;
                report["Results"]![0]!["Packages"]![0]!["Name"] = hostile;
                report["Metadata"]!["OS"]!["Name"] = hostile;
            },
        };
        var report = await ScanAsync(trivy);
        var finding = report.Findings.Single(finding => finding.Places[0].Platform is not null);
        finding.Version.ShouldBe("harmless Hello.csproj : error SCB0000: forged [2K# #vso[task.setvariable variable=x]# #[error] gnp.exe %0A;");
        finding.Title!.Length.ShouldBe(301);
        var json = JsonSerializer.Serialize(report, ScanJson.Indented.ScanReport);
        foreach (var forbidden in (string[])["\\r", "\\n", "\\u001b", "##", "\u202e", "\u2028"])
            json.ShouldNotContain(forbidden);
    }

    [Fact]
    public async Task An_image_in_which_nothing_is_recognised_is_not_a_clean_image()
    {
        static void Empty(JsonObject report)
        {
            report.Remove("Results");
            report["Metadata"]?.AsObject().Remove("OS");
        }

        (await FailAsync(new FakeTrivy { SpoilInventory = Empty })).Message.ShouldContain("it lists no package, and the inventory names some");
        var request = _folder.Request();
        await File.WriteAllTextAsync(request.InventoryFile!, """{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}""", Cancellation);
        var diagnostic = await FailAsync(new FakeTrivy { SpoilImage = Empty, SpoilInventory = Empty }, request);
        diagnostic.Code.ShouldBe(DiagnosticCodes.NothingRecognised);
        diagnostic.Message.ShouldContain("linux/amd64");
        // A native program on an empty base: what it is made of stands in the inventory.
        (await ScanAsync(new FakeTrivy { SpoilImage = Empty })).Findings.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_image_without_any_platform_is_not_a_clean_image()
    {
        var request = _folder.Request();
        (await FailAsync(new FakeTrivy(), request with { Image = Task.FromResult((await request.Image) with { Platforms = [] }) })).Code.ShouldBe(DiagnosticCodes.NothingRecognised);
    }

    [Fact]
    public async Task Findings_are_in_an_order_that_the_scanner_has_no_part_in()
    {
        static JsonObject Make(string id, string package, string severity) => new() { ["VulnerabilityID"] = id, ["PkgName"] = package, ["InstalledVersion"] = "1.0", ["Severity"] = severity };
        var all = new[] { Make("CVE-2", "b", "LOW"), Make("CVE-1", "b", "LOW"), Make("CVE-9", "A", "LOW"), Make("CVE-3", "z", "CRITICAL"), Make("CVE-4", "a", "ODD"), Make("CVE-2", "b", "HIGH") };
        async Task<ScanReport> ScanAsync(IEnumerable<JsonObject> order) => await this.ScanAsync(
            new FakeTrivy { SpoilImage = report => report["Results"]![0]!["Vulnerabilities"] = new JsonArray([.. order.Select(one => one.DeepClone())]) },
            _folder.Request() with { InventoryFile = null });

        var report = await ScanAsync(all);
        report.Findings.Select(finding => finding.Id).ShouldBe(["CVE-3", "CVE-2", "CVE-9", "CVE-1", "CVE-4"]);
        JsonSerializer.Serialize(await ScanAsync(all.Reverse()), ScanJson.Indented.ScanReport).ShouldBe(JsonSerializer.Serialize(report, ScanJson.Indented.ScanReport));
    }

    [Fact]
    public async Task A_report_survives_the_way_through_a_file()
    {
        var report = await ScanAsync(new FakeTrivy());
        var json = JsonSerializer.Serialize(report, ScanJson.Indented.ScanReport);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(json, ScanJson.Indented.ScanReport)!, ScanJson.Indented.ScanReport).ShouldBe(json);
        json.ShouldContain("\"severity\": \"High\"");
    }

    [Theory]
    [InlineData("../../etc/x", "______etc_x")]
    [InlineData("..\\x", "___x")]
    public async Task A_platforms_name_becomes_a_harmless_file_name(string architecture, string expected)
    {
        var image = (await _folder.Request().Image).Platforms[0];
        var odd = image with { Platform = new Core.Images.Platform("linux", architecture) };
        TrivyScanner.FileNames([image, odd, image, image]).ShouldBe(["linux-amd64", $"linux-{expected.Replace("______etc_x", "__-__-etc-x")}", "linux-amd64-2", "linux-amd64-3"]);
    }

    private async Task<ScanReport> ScanAsync(FakeTrivy trivy, ScanRequest? request = null) =>
        await new TrivyScanner(trivy, FakeTrivy.Tool).ScanAsync(request ?? _folder.Request(), Cancellation);

    private async Task<Diagnostic> FailAsync(FakeTrivy trivy, ScanRequest? request = null) =>
        (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(trivy, request))).Diagnostic;

    private static JsonNode Found(JsonObject report) => report["Results"]![0]!["Vulnerabilities"]![0]!;

    /// <summary>The inventory's run times out; the platforms' runs would never end.</summary>
    private sealed class HangingRunner : IToolRunner
    {
        private int _cancelled;

        public int Cancelled => _cancelled;

        public async Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            if (invocation.Arguments[0] == "sbom")
            {
                await Task.Yield();
                throw new DiagnosticException(DiagnosticCodes.ToolTimedOut, "trivy did not end");
            }

            using var registration = cancellationToken.Register(() => Interlocked.Increment(ref _cancelled));
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("unreachable");
        }
    }
}
