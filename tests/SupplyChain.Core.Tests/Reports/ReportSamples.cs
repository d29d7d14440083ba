using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tests.Gating;

namespace SupplyChain.Core.Tests.Reports;

/// <summary>A verdict with one of everything, and with hostile texts.</summary>
internal static class ReportSamples
{
    public const string Hostile = "<script>alert(1)</script>\"'|`**@everyone [x](javascript:alert(1))";

    public static ReportInput Input(bool passes = false, string root = "/src")
    {
        Finding[] findings =
        [
            Samples.Zlib,
            Samples.Json,
            Samples.Json with { Id = "CVE-2", Package = "Hostile.Package", Version = "1.0", Purl = null, Title = Hostile, Url = "javascript:alert(1)", Severity = Severity.Medium, Score = null },
            Samples.Json with { Id = "CVE-3", Package = "Waived", Purl = null, Severity = Severity.High },
            Samples.Json with { Id = "CVE-4", Package = "Unrated", Purl = null, Severity = Severity.Unknown },
        ];
        var context = new GateContext
        {
            Now = Samples.Now,
            Waivers = [new Waiver("CVE-3", WaiverOrigin.Item, new DateOnly(2027, 1, 31), Hostile, "team-a"), new Waiver("CVE-9", WaiverOrigin.Item, new DateOnly(2027, 1, 31), "x") { File = "/src/Hello/Hello.csproj", Line = 20 }],
        };
        var report = Samples.Report(findings) with { Secrets = passes ? [] : [Samples.Secret] };
        var policy = new GatePolicy(passes ? SeverityThreshold.None : SeverityThreshold.High);
        var verdict = Gate.Evaluate(report, policy, Samples.Inventory, Samples.Image, context);
        return new ReportInput(report, verdict, policy, Samples.Inventory, new ImageReference("registry.example.com", "shop/hello").At(Samples.Image), root, Samples.Now, "1.0.0")
        {
            Evidence = [("sbom.cdx.json", Digest.Of("sbom"u8))],
        };
    }
}
