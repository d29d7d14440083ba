using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Gating;

/// <summary>Small inputs of the gate.</summary>
internal static class Samples
{
    public static readonly Digest Image = Digest.Of("image"u8);
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static readonly ProjectInventory Inventory = new(
        "Hello", "1.0.0", "/src/Hello/Hello.csproj", "net10.0",
        [new NuGetPackage("Newtonsoft.Json", "12.0.3", true, []) { ReferencedAt = new SourceLine("/src/Hello/Hello.csproj", 14), Path = ["Newtonsoft.Json"], Files = ["Newtonsoft.Json.dll"] }]);

    public static readonly Finding Json = new(
        "CVE-2024-21907", Severity.High, FindingKind.NuGet, "Newtonsoft.Json", "12.0.3", "13.0.1", "fixed", "Improper handling", "https://avd.example.org/1", "pkg:nuget/Newtonsoft.Json@12.0.3",
        [new FindingPlace("linux/amd64", "sha256:aa", "app/Hello.deps.json"), new FindingPlace(null, null, null)])
    {
        Aliases = ["GHSA-5crp-9r3c-p9vr"],
        Published = new DateOnly(2024, 1, 3),
        Score = 7.5,
    };

    public static readonly Finding Zlib = new(
        "CVE-2023-45853", Severity.Critical, FindingKind.OperatingSystem, "zlib1g", "1:1.2.13.dfsg-1", null, "will_not_fix", null, null, "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12",
        [new FindingPlace("linux/amd64", "sha256:bb", null)]);

    public static readonly SecretFinding Secret = new("private-key", "Asymmetric Private Key", Severity.High, "app/key.pem", 2, "linux/amd64", "sha256:cc");

    public static ScanReport Report(params Finding[] findings) => new(
        Image, "Trivy", "0.74.0", new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero), findings,
        [new ScannedPlatform("linux/amd64", Digest.Of("manifest"u8), new OperatingSystemRelease("debian", "12.5", false), [])]);

    public static GateVerdict Evaluate(GateContext context, params Finding[] findings) => Evaluate(new GatePolicy(SeverityThreshold.High), context, Report(findings));

    public static GateVerdict Evaluate(GatePolicy policy, GateContext context, ScanReport report) =>
        Gate.Evaluate(report, policy, Inventory, Image, context with { Now = Now, Repository = "shop/hello" });
}
