using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Gating;

/// <summary>What else lets through or blocks.</summary>
public sealed class GateChecksSpecs
{
    private static readonly GatePolicy High = new(SeverityThreshold.High);

    [Fact]
    public void A_package_that_the_runtime_supplies_is_reported_and_does_not_block()
    {
        var finding = Samples.Json with { Id = "CVE-2019-0820", Package = "System.Text.RegularExpressions", Version = "4.3.0", FixedVersion = "4.3.1", Purl = null };
        var supplied = new GateContext { Supplied = new SuppliedPackages(["System.Text.RegularExpressions|4.3.1", "nonsense", "a|b"]) };
        var verdict = Samples.Evaluate(supplied, finding);
        verdict.Passed.ShouldBeTrue();
        verdict.Summary.ShouldEndWith("threshold High (1 supplied by the runtime): passed");
        verdict.Findings[0].Decision.ShouldBe(Decision.RuntimeSupplied);

        Samples.Evaluate(new GateContext(), finding).Passed.ShouldBeFalse();
        Samples.Evaluate(supplied, finding with { Version = "4.4.0" }).Passed.ShouldBeFalse("the package is newer than what the runtime has");
        Samples.Evaluate(supplied, finding with { Places = [new FindingPlace("linux/amd64", null, "opt/tool/tool.deps.json")] }).Passed.ShouldBeFalse("another program has a runtime of its own");
        Samples.Evaluate(new GateContext { Supplied = new SuppliedPackages(["Newtonsoft.Json|13.0.0"]) }, Samples.Json).Passed.ShouldBeFalse("its files are in the publish output");
    }

    [Theory]
    [InlineData(10, "2026-11-20", null, true)]
    [InlineData(10, "2026-11-13", null, false)]
    [InlineData(10, "2026-11-14", null, true)]
    [InlineData(10, null, null, false)]
    [InlineData(10, "2024-01-01", "2026-11-20", true)]
    [InlineData(0, "2026-11-23", null, false)]
    public void A_fix_may_be_out_for_the_days_of_grace(int days, string? published, string? fixedOn, bool passes)
    {
        var finding = Samples.Json with { Published = Day(published), FixedOn = Day(fixedOn) };
        Samples.Evaluate(High with { FixGracePeriodDays = days }, new GateContext(), Samples.Report(finding)).Passed.ShouldBe(passes);
        Samples.Evaluate(High with { FixGracePeriodDays = days }, new GateContext(), Samples.Report(finding with { FixedVersion = null })).Passed.ShouldBeFalse("grace is for fixes");

        static DateOnly? Day(string? text) => text is null ? null : DateOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void What_is_known_to_be_exploited_blocks_below_the_threshold_too()
    {
        var finding = Samples.Json with { KnownExploited = true, Severity = Severity.Low, FixedVersion = null, Published = new DateOnly(2026, 11, 22) };
        var policy = new GatePolicy(SeverityThreshold.Critical, IgnoreUnfixed: true) { FixGracePeriodDays = 30 };
        var verdict = Samples.Evaluate(policy, new GateContext(), Samples.Report(finding));
        verdict.Passed.ShouldBeFalse();
        verdict.Blocking[0].Message.ShouldContain("(Low, known to be exploited)");
        verdict.Blocking[^1].Message.ShouldStartWith("1 low finding at or above threshold Critical, or known to be exploited;");
    }

    [Fact]
    public void A_distribution_at_the_end_of_its_life_blocks_unless_it_is_allowed()
    {
        var report = Samples.Report() with { Platforms = [Platform("linux/amd64"), Platform("linux/arm64")] };
        var verdict = Samples.Evaluate(High, new GateContext(), report);
        verdict.Blocking.Select(diagnostic => diagnostic.Code).ShouldBe([DiagnosticCodes.BaseImageEndOfLife, DiagnosticCodes.GateFailed]);
        verdict.Blocking[0].Message.ShouldStartWith("the base image's distribution debian 9 (linux/amd64, linux/arm64) is no longer maintained");
        Samples.Evaluate(High with { AllowEndOfLifeBaseImage = true }, new GateContext(), report).Passed.ShouldBeTrue();

        static ScannedPlatform Platform(string name) => new(name, Samples.Image, new OperatingSystemRelease("debian", "9", true), []);
    }

    [Theory]
    [InlineData(7, 6, true)]
    [InlineData(7, 8, false)]
    [InlineData(0, 1, false)]
    public void A_database_that_is_too_old_blocks(int allowed, int days, bool passes)
    {
        var verdict = Samples.Evaluate(High with { MaximumDatabaseAgeDays = allowed }, new GateContext(), Samples.Report() with { DatabaseUpdatedAt = Samples.Now.AddDays(-days) });
        verdict.Passed.ShouldBe(passes);
        if (!passes)
            verdict.Blocking[0].Code.ShouldBe(DiagnosticCodes.DatabaseTooOld);
    }

    [Fact]
    public void A_database_of_unknown_age_is_too_old() =>
        Samples.Evaluate(High with { MaximumDatabaseAgeDays = 7 }, new GateContext(), Samples.Report() with { DatabaseUpdatedAt = null }).Blocking[0].Code.ShouldBe(DiagnosticCodes.DatabaseTooOld);

    [Fact]
    public void A_server_that_does_not_say_how_old_its_database_is_is_not_believed_either()
    {
        var diagnostic = Samples.Evaluate(High with { MaximumDatabaseAgeDays = 7 }, new GateContext(), Samples.Report() with { DatabaseUpdatedAt = null, Server = "https://trivy.example.com" }).Blocking[0];
        diagnostic.Code.ShouldBe(DiagnosticCodes.DatabaseTooOld);
        diagnostic.Message.ShouldContain("https://trivy.example.com/version");
    }

    [Fact]
    public void A_secret_blocks_with_its_path_and_rule_unless_it_is_waived()
    {
        var report = Samples.Report() with { Secrets = [Samples.Secret] };
        var verdict = Samples.Evaluate(new GatePolicy(SeverityThreshold.Critical), new GateContext(), report);
        verdict.Blocking[0].Code.ShouldBe(DiagnosticCodes.SecretInImage);
        verdict.Blocking[0].Message.ShouldStartWith("/app/key.pem, line 2 in the image holds a secret: rule private-key (Asymmetric Private Key).");
        verdict.Blocking[^1].Message.ShouldBe("1 secret in the image; nothing was pushed.");
        verdict.Summary.ShouldBe("0 critical, 0 high, 0 lower, 1 secret; threshold Critical: failed");
        var waiver = new Waiver("private-key", WaiverOrigin.Item, new DateOnly(2027, 1, 1), "a test key") { Package = "/app/key.pem" };
        Samples.Evaluate(High, new GateContext { Waivers = [waiver] }, report).Passed.ShouldBeTrue();
        Samples.Evaluate(High, new GateContext { Waivers = [waiver with { Package = "/app/other.pem" }] }, report).Passed.ShouldBeFalse();
        Samples.Evaluate(new GatePolicy(SeverityThreshold.None), new GateContext(), report).Passed.ShouldBeTrue();
    }
}
