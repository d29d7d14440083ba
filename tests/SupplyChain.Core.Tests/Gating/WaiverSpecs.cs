using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Gating;

public sealed class WaiverSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("CVE-2024-21907", null, true)]
    [InlineData("cve-2024-21907", "newtonsoft.json", true)]
    [InlineData("GHSA-5crp-9r3c-p9vr", "pkg:nuget/Newtonsoft.Json", true)]
    [InlineData("CVE-2024-21907", "pkg:nuget/newtonsoft.json@12.0.3", true)]
    [InlineData("CVE-2024-21907", "pkg:nuget/Newtonsoft.Json@13.0.1", false)]
    [InlineData("CVE-2024-21907", "pkg:npm/Newtonsoft.Json", false)]
    [InlineData("CVE-2024-21907", "Serilog", false)]
    [InlineData("CVE-2024-2190", null, false)]
    public void A_waiver_covers_its_id_or_an_alias_in_its_package(string id, string? package, bool covers)
    {
        var verdict = Evaluate(Waiver(id) with { Package = package });
        verdict.Passed.ShouldBe(covers);
        verdict.Findings[0].Decision.ShouldBe(covers ? Decision.Waived : Decision.Blocks);
    }

    [Fact]
    public void A_waived_finding_is_counted_and_says_who_accepted_it_until_when()
    {
        var verdict = Evaluate(Waiver("CVE-2024-21907") with { Owner = "team-payments" });
        verdict.Summary.ShouldBe("0 critical, 1 high, 0 lower; threshold High (1 waived): passed");
        verdict.Findings[0].Because.ShouldBe("never called (team-payments, expires 2026-11-23)");
        verdict.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void A_waiver_counts_on_its_last_day_and_not_on_the_next()
    {
        Evaluate(Waiver("CVE-2024-21907") with { Expires = new DateOnly(2026, 11, 23) }).Passed.ShouldBeTrue();
        var verdict = Evaluate(Waiver("CVE-2024-21907") with { Expires = new DateOnly(2026, 11, 22), Owner = "team-payments", File = "/src/Hello/Hello.csproj", Line = 21 });
        verdict.Passed.ShouldBeFalse();
        verdict.Blocking.Select(diagnostic => diagnostic.Code).ShouldBe([DiagnosticCodes.PackageVulnerable, DiagnosticCodes.WaiverExpired, DiagnosticCodes.GateFailed]);
        verdict.Blocking[1].ShouldBe(new Diagnostic(
            DiagnosticCodes.WaiverExpired,
            "the waiver for CVE-2024-21907 expired on 2026-11-22 and the finding is still there. team-payments: fix it, or decide anew and give the waiver a later Expires. Its reason was: never called",
            "/src/Hello/Hello.csproj",
            21));
        verdict.Blocking[^1].Message.ShouldBe("1 high finding at or above threshold High and 1 expired waiver; nothing was pushed.");
    }

    [Fact]
    public void A_waiver_that_matches_nothing_is_a_warning()
    {
        var verdict = Samples.Evaluate(new GateContext { Waivers = [Waiver("CVE-2023-1111") with { Owner = "team-payments", Expires = new DateOnly(2027, 1, 31) }] });
        verdict.Passed.ShouldBeTrue();
        var warning = verdict.Warnings.ShouldHaveSingleItem();
        warning.Code.ShouldBe(DiagnosticCodes.WaiverUnused);
        warning.Severity.ShouldBe(DiagnosticSeverity.Warning);
        warning.Message.ShouldBe("the waiver for CVE-2023-1111 (team-payments, expires 2027-01-31) matches nothing any more: remove it.");
    }

    [Theory]
    [InlineData("", "2027-01-31", "why", "is no id of a vulnerability")]
    [InlineData("CVE-*", "2027-01-31", "why", "a waiver for everything cannot be written")]
    [InlineData("CVE-1", "", "why", "it has no Expires")]
    [InlineData("CVE-1", "31.01.2027", "why", "Expires is '31.01.2027'. Write the last day as yyyy-MM-dd")]
    [InlineData("CVE-1", "2027-02-30", "why", "Expires is '2027-02-30'")]
    [InlineData("CVE-1", "2027-01-31", " ", "it has no Reason")]
    public void A_malformed_item_is_an_error_at_its_line(string id, string expires, string reason, string message)
    {
        var file = _folder.File("Hello.csproj");
        File.WriteAllText(file, $"<Project>\n  <ItemGroup>\n    <SupplyChainWaiver Include=\"{id}\" />\n  </ItemGroup>\n</Project>");
        var diagnostic = Should.Throw<DiagnosticException>(() => WaiverItems.Read([new WaiverItem(id, "", expires, reason, "", file)])).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.WaiverMalformed);
        diagnostic.Message.ShouldContain(message);
        (diagnostic.File, diagnostic.Line).ShouldBe((file, 3));
    }

    [Fact]
    public void NuGetAuditSuppress_items_count_for_packages_and_are_warned_of_because_they_never_end()
    {
        var waivers = WaiverItems.ReadAuditSuppressions([("https://github.com/advisories/GHSA-5crp-9r3c-p9vr", "")]);
        var verdict = Samples.Evaluate(new GateContext { Waivers = waivers }, Samples.Json);
        verdict.Passed.ShouldBeTrue();
        var warning = verdict.Warnings.ShouldHaveSingleItem();
        warning.Code.ShouldBe(DiagnosticCodes.WaiverWithoutEnd);
        warning.Message.ShouldStartWith("NuGetAuditSuppress accepts GHSA-5crp-9r3c-p9vr for ever. Let it end: <SupplyChainWaiver");
        var system = WaiverItems.ReadAuditSuppressions([("https://example.org/CVE-2023-45853", "")]);
        Samples.Evaluate(new GateContext { Waivers = system }, Samples.Zlib).Passed.ShouldBeFalse("NuGet's audit knows nothing of the system's packages");
        Samples.Evaluate(new GateContext { Waivers = system }).Warnings.ShouldBeEmpty("NuGet's audit may need it elsewhere");
    }

    [Fact]
    public void A_trivyignore_beside_the_project_is_read()
    {
        File.WriteAllText(_folder.File(".trivyignore"), "# accepted by team-a\nCVE-2024-21907 exp:2027-01-31\n\nCVE-2023-45853  # never called\n");
        var waivers = IgnoreFiles.Read(_folder.Path);
        waivers.Select(waiver => (waiver.Id, waiver.Expires, waiver.Reason, waiver.Line)).ShouldBe(
            [("CVE-2024-21907", new DateOnly(2027, 1, 31), "accepted by team-a", 2), ("CVE-2023-45853", null, "never called", 4)]);
        var verdict = Samples.Evaluate(new GateContext { Waivers = waivers }, Samples.Json, Samples.Zlib);
        verdict.Passed.ShouldBeTrue();
        verdict.Warnings.ShouldHaveSingleItem().Message.ShouldContain("CVE-2023-45853 exp:yyyy-MM-dd");
    }

    [Theory]
    [InlineData("CVE-1 exp:soon", 1)]
    [InlineData("CVE-1\nCVE-2 until:2027-01-01", 2)]
    public void A_trivyignore_that_is_not_understood_is_an_error(string text, int line)
    {
        File.WriteAllText(_folder.File(".trivyignore"), text);
        var diagnostic = Should.Throw<DiagnosticException>(() => IgnoreFiles.Read(_folder.Path)).Diagnostic;
        (diagnostic.Code, diagnostic.Line).ShouldBe((DiagnosticCodes.WaiverMalformed, line));
    }

    [Fact]
    public void A_trivyignore_yaml_is_read_with_paths_package_urls_and_expiry()
    {
        File.WriteAllText(_folder.File(".trivyignore.yaml"), """
            # what we accept
            vulnerabilities:
              - id: CVE-2024-21907
                paths:
                  - "app/*.deps.json"
                purls:
                  - pkg:nuget/Newtonsoft.Json
                expired_at: 2027-01-31
                statement: 'only used in tests'   # really
              - id: CVE-2023-45853
                paths: 
                  - usr/**
            secrets:
            - id: private-key
              paths:
              - app/**
            licenses:
              - id: GPL-3.0
            """);
        var waivers = IgnoreFiles.Read(_folder.Path);
        waivers.Select(waiver => waiver.Id).ShouldBe(["CVE-2024-21907", "CVE-2023-45853", "private-key"]);
        (waivers[0].Expires, waivers[0].Reason, waivers[0].Line).ShouldBe((new DateOnly(2027, 1, 31), "only used in tests", 3));
        var verdict = Samples.Evaluate(new GatePolicy(SeverityThreshold.High), new GateContext { Waivers = waivers }, Samples.Report(Samples.Json, Samples.Zlib) with { Secrets = [Samples.Secret] });
        verdict.Findings.Select(one => one.Decision).ShouldBe([Decision.Waived, Decision.Blocks], "a package of the system has no path");
        verdict.Secrets.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("vulnerabilities:\n  - id: [CVE-1]", 2)]
    [InlineData("vulnerabilities:\n  - {id: CVE-1}", 2)]
    [InlineData("vulnerabilities:\n  - statement: x\nsecrets:", 2)]
    [InlineData("vulnerabilities:\n  - id: CVE-1\n    expires: 2027-01-01", 3)]
    [InlineData("vulnerabilities:\n  - id: CVE-1\n    expired_at: never", 3)]
    [InlineData("vulnerability:\n  - id: CVE-1", 1)]
    [InlineData("- id: CVE-1", 1)]
    [InlineData("vulnerabilities:\n  - id: &a CVE-1", 2)]
    [InlineData("vulnerabilities:\n  - id: CVE-1\n    statement: |\n      text", 3)]
    public void A_trivyignore_yaml_that_is_not_understood_is_an_error_with_its_line(string text, int line)
    {
        File.WriteAllText(_folder.File(".trivyignore.yaml"), text);
        var diagnostic = Should.Throw<DiagnosticException>(() => IgnoreFiles.Read(_folder.Path)).Diagnostic;
        (diagnostic.Code, diagnostic.Line).ShouldBe((DiagnosticCodes.WaiverMalformed, line));
    }

    [Theory]
    [InlineData("app/*.pem", "app/key.pem", true)]
    [InlineData("/app/key.pem", "app/key.pem", true)]
    [InlineData("*.pem", "app/key.pem", false)]
    [InlineData("**/*.pem", "app/keys/key.pem", true)]
    [InlineData("app/**", "app/a/b.txt", true)]
    [InlineData("app/key.pe", "app/key.pem", false)]
    public void Paths_match_as_in_trivy(string pattern, string path, bool matches) => PathPattern.Matches(pattern, path).ShouldBe(matches);

    private static Waiver Waiver(string id) => new(id, WaiverOrigin.Item, new DateOnly(2026, 11, 23), "never called");

    private static GateVerdict Evaluate(Waiver waiver) => Samples.Evaluate(new GateContext { Waivers = [waiver] }, Samples.Json);
}
