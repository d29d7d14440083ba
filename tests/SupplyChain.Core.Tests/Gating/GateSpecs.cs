using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Gating;

public sealed class GateSpecs
{
    private static readonly Digest Image = Digest.Of("image"u8);

    [Theory]
    // The severity of one finding, and from which thresholds on it fails the publish.
    [InlineData(Severity.Critical, "Critical High Medium Low Unknown")]
    [InlineData(Severity.High, "High Medium Low Unknown")]
    [InlineData(Severity.Medium, "Medium Low Unknown")]
    [InlineData(Severity.Low, "Low Unknown")]
    [InlineData(Severity.Unknown, "Unknown")]
    public void A_finding_blocks_at_and_below_its_own_severity(Severity severity, string blocking)
    {
        foreach (var threshold in GatePolicy.Thresholds)
        {
            var verdict = Evaluate(threshold, false, System("CVE-1", severity));
            verdict.Passed.ShouldBe(!blocking.Split(' ').Contains(threshold.ToString()), $"threshold {threshold}");
            verdict.Blocking.Count.ShouldBe(verdict.Passed ? 0 : 2);
            verdict.Image.ShouldBe(Image);
        }
    }

    [Theory]
    [InlineData(false, "1.2", false)]
    [InlineData(false, null, false)]
    [InlineData(true, "1.2", false)]
    [InlineData(true, null, true)]
    [InlineData(true, " ", true)]
    public void A_finding_without_a_fix_passes_only_where_unfixed_ones_are_ignored(bool ignoreUnfixed, string? fix, bool passes) =>
        Evaluate(SeverityThreshold.High, ignoreUnfixed, System("CVE-1", Severity.Critical) with { FixedVersion = fix }).Passed.ShouldBe(passes);

    [Fact]
    public void The_summary_counts_everything_the_unrated_ones_too()
    {
        var findings = new[]
        {
            System("CVE-1", Severity.High), System("CVE-2", Severity.High), System("CVE-3", Severity.Medium), System("CVE-4", Severity.Low), System("CVE-5", Severity.Unknown),
        };
        Evaluate(SeverityThreshold.Critical, false, findings).Summary.ShouldBe("0 critical, 2 high, 2 lower, 1 not rated; threshold Critical: passed");
        Evaluate(SeverityThreshold.High, false, findings).Summary.ShouldBe("0 critical, 2 high, 2 lower, 1 not rated; threshold High: failed");
        Evaluate(SeverityThreshold.High, true, findings).Summary.ShouldBe("0 critical, 2 high, 2 lower, 1 not rated; threshold High (2 without a fix ignored): passed");
        Evaluate(SeverityThreshold.None, false, findings).Summary.ShouldBe("0 critical, 2 high, 2 lower, 1 not rated; threshold None: passed");
        Evaluate(SeverityThreshold.Critical, false).Summary.ShouldBe("0 critical, 0 high, 0 lower; threshold Critical: passed");
    }

    [Fact]
    public void The_last_diagnostic_sums_up_what_blocks()
    {
        var verdict = Evaluate(
            SeverityThreshold.High, false, System("CVE-1", Severity.Critical), System("CVE-2", Severity.Critical), System("CVE-3", Severity.High), System("CVE-4", Severity.Low));
        var last = verdict.Blocking[^1];
        last.Code.ShouldBe(DiagnosticCodes.GateFailed);
        last.Message.ShouldBe("2 critical and 1 high finding at or above threshold High; nothing was pushed. Report: out/scan.json");
        last.File.ShouldBe("/src/Hello/Hello.csproj");
        Evaluate(SeverityThreshold.Unknown, false, System("CVE-1", Severity.Critical), System("CVE-2", Severity.Low), System("CVE-3", Severity.Unknown), System("CVE-4", Severity.Unknown))
            .Blocking[^1].Message.ShouldStartWith("1 critical, 1 low and 2 unrated findings at or above threshold Unknown;");
    }

    [Theory]
    [InlineData("critical", SeverityThreshold.Critical)]
    [InlineData(" High ", SeverityThreshold.High)]
    [InlineData("UNKNOWN", SeverityThreshold.Unknown)]
    [InlineData("None", SeverityThreshold.None)]
    public void A_threshold_is_read_without_regard_to_case(string text, SeverityThreshold threshold) => GatePolicy.Parse(text).Threshold.ShouldBe(threshold);

    [Theory]
    [InlineData("Severe")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("5")]
    [InlineData("High,None")]
    public void A_threshold_that_is_none_is_refused_with_the_valid_values(string? text)
    {
        var diagnostic = Should.Throw<DiagnosticException>(() => GatePolicy.Parse(text)).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.UnknownValue);
        diagnostic.Message.ShouldBe($"SupplyChainSeverityThreshold is '{text}'. Valid values: Critical, High, Medium, Low, Unknown, None.");
    }

    [Fact]
    public void A_report_about_another_image_decides_nothing()
    {
        var report = Report(Digest.Of("another"u8));
        Should.Throw<DiagnosticException>(() => Gate.Evaluate(report, new GatePolicy(SeverityThreshold.None), Inventory(), Image)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
        Should.Throw<DiagnosticException>(() => Gate.Evaluate(Report(default), new GatePolicy(SeverityThreshold.None), Inventory(), default)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ScannedOtherImage);
    }

    [Fact]
    public void A_verdict_survives_the_way_through_a_file()
    {
        var verdict = Evaluate(SeverityThreshold.High, false, System("CVE-1", Severity.Critical));
        var json = JsonSerializer.Serialize(verdict, GateJson.Indented.GateVerdict);
        var read = JsonSerializer.Deserialize(json, GateJson.Indented.GateVerdict)!;
        read.Blocking.ShouldBe(verdict.Blocking);
        (read with { Blocking = verdict.Blocking, Warnings = verdict.Warnings, Findings = verdict.Findings, Secrets = verdict.Secrets, Misconfigurations = verdict.Misconfigurations }).ShouldBe(verdict);
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("""{"passed":true,"blocking":[],"summary":""}""", GateJson.Indented.GateVerdict));
    }

    [Fact]
    public void The_same_inputs_give_the_same_verdict()
    {
        var findings = new[] { System("CVE-1", Severity.Critical), System("CVE-2", Severity.High) };
        JsonSerializer.Serialize(Evaluate(SeverityThreshold.Low, false, findings), GateJson.Indented.GateVerdict)
            .ShouldBe(JsonSerializer.Serialize(Evaluate(SeverityThreshold.Low, false, findings), GateJson.Indented.GateVerdict));
    }

    private static GateVerdict Evaluate(SeverityThreshold threshold, bool ignoreUnfixed, params Finding[] findings) =>
        Gate.Evaluate(Report(Image, findings), new GatePolicy(threshold, ignoreUnfixed), Inventory(), Image, new GateContext { ReportFile = "out/scan.json" });

    private static ProjectInventory Inventory() => new("Hello", "1.0.0", "/src/Hello/Hello.csproj", "net10.0", []);

    private static ScanReport Report(Digest image, params Finding[] findings) => new(image, "Trivy", "0.74.0", null, findings, []);

    private static Finding System(string id, Severity severity) =>
        new(id, severity, FindingKind.OperatingSystem, "zlib1g", "1:1.2.13", null, "affected", null, null, null, [new FindingPlace("linux/amd64", null, null)]);
}
