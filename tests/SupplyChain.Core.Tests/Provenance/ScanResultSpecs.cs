using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Provenance;

public sealed class ScanResultSpecs
{
    private static readonly Digest Image = Digest.Of("image"u8);
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_scan_result_has_scanner_database_times_and_findings_where_policies_look()
    {
        using var document = JsonDocument.Parse(Write(Now, Finding("CVE-1", Severity.High)));
        var scanner = document.RootElement.GetProperty("scanner");

        scanner.GetProperty("uri").GetString().ShouldBe("pkg:github/aquasecurity/trivy@0.74.0");
        scanner.GetProperty("db").GetProperty("version").GetString().ShouldBe("2026-11-22T00:00:00Z");
        document.RootElement.GetProperty("metadata").GetProperty("scanFinishedOn").GetString().ShouldBe("2026-11-23T08:00:02Z");
        var found = scanner.GetProperty("result").GetProperty("Results")[0].GetProperty("Vulnerabilities")[0];
        (found.GetProperty("VulnerabilityID").GetString(), found.GetProperty("Severity").GetString(), found.GetProperty("PkgName").GetString()).ShouldBe(("CVE-1", "HIGH", "Newtonsoft.Json"));
    }

    [Fact]
    public void Two_scans_with_the_same_result_mean_the_same_and_with_another_they_do_not()
    {
        var (first, later, other) = (Statement(Write(Now)), Statement(Write(Now.AddHours(3))), Statement(Write(Now, Finding("CVE-1", Severity.High))));

        StatementMeaning.IsSame(PredicateTypes.Vulnerabilities, first, later).ShouldBeTrue();
        StatementMeaning.IsSame(PredicateTypes.Vulnerabilities, first, other).ShouldBeFalse();
        StatementMeaning.IsSame(PredicateTypes.CycloneDx, first, later).ShouldBeFalse("only times of runs may differ, and only where they are");
        StatementMeaning.IsSame(PredicateTypes.Vulnerabilities, first, "not JSON"u8).ShouldBeFalse();
    }

    [Fact]
    public void A_document_that_no_log_takes_is_refused_with_what_to_reduce()
    {
        var large = StatementToSign.Attestation(Image, null, PredicateTypes.CycloneDx, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["a"] = new('a', StatementSize.MostForLog) }));

        StatementSize.Require([StatementToSign.Signature(Image), large], log: false);
        var error = Should.Throw<DiagnosticException>(() => StatementSize.Require([StatementToSign.Signature(Image), large], log: true));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.AttestationTooLarge);
        error.Message.ShouldStartWith("the CycloneDX SBOM is 2.5 MB, and a transparency log takes no more than 2.5 MB.");
    }

    private static byte[] Statement(ReadOnlyMemory<byte> predicate) => Core.Signing.Statement.Write(Image, "team/app", PredicateTypes.Vulnerabilities, predicate);

    private static ReadOnlyMemory<byte> Write(DateTimeOffset started, params Finding[] findings) => ScanResult.Write(
        new ScanReport(Image, "Trivy", "0.74.0", new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), findings, []),
        new ScanTimes(started, started.AddSeconds(2)),
        CiBuild.Read(_ => null),
        "team/app@" + Image);

    private static Finding Finding(string id, Severity severity) =>
        new(id, severity, FindingKind.NuGet, "Newtonsoft.Json", "12.0.3", "13.0.1", "fixed", "title", "https://example.com", "pkg:nuget/Newtonsoft.Json@12.0.3", []);
}
