using System.Text.Json;
using SupplyChain.Core.Reports;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Reports;

public sealed class SarifSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_is_valid_against_the_schema_of_SARIF()
    {
        var files = new List<string>();
        foreach (var (name, input) in new[] { ("failed", ReportSamples.Input()), ("passed", ReportSamples.Input(passes: true)), ("elsewhere", ReportSamples.Input(root: "/other")) })
        {
            files.Add(_folder.File($"{name}.sarif"));
            await File.WriteAllBytesAsync(files[^1], new SarifWriter(input).Write(), TestContext.Current.CancellationToken);
        }

        (await JsonSchemas.ErrorsAsync("sarif/sarif-schema-2.1.0.json", files, TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Fact]
    public void A_result_stands_at_the_line_to_change_and_a_waiver_is_a_suppression()
    {
        using var document = JsonDocument.Parse(new SarifWriter(ReportSamples.Input()).Write());
        var run = document.RootElement.GetProperty("runs")[0];
        var results = run.GetProperty("results").EnumerateArray().ToList();
        var json = results.Single(result => result.GetProperty("ruleId").GetString() == "CVE-2024-21907");
        json.GetProperty("level").GetString().ShouldBe("error");
        var place = json.GetProperty("locations")[0].GetProperty("physicalLocation");
        place.GetProperty("artifactLocation").GetProperty("uri").GetString().ShouldBe("Hello/Hello.csproj");
        place.GetProperty("region").GetProperty("startLine").GetInt32().ShouldBe(14);
        json.GetProperty("message").GetProperty("text").GetString()!.ShouldContain("Raise the PackageReference to 13.0.1");
        var rule = run.GetProperty("tool").GetProperty("driver").GetProperty("rules")[json.GetProperty("ruleIndex").GetInt32()];
        rule.GetProperty("id").GetString().ShouldBe("CVE-2024-21907");
        rule.GetProperty("properties").GetProperty("security-severity").GetString().ShouldBe("7.5");
        results.Single(result => result.GetProperty("ruleId").GetString() == "CVE-3").GetProperty("suppressions")[0].GetProperty("kind").GetString().ShouldBe("external");
        results.Single(result => result.GetProperty("ruleId").GetString() == "private-key").GetProperty("message").GetProperty("text").GetString()!.ShouldContain("/app/key.pem:2");
        run.GetProperty("invocations")[0].GetProperty("toolConfigurationNotifications")[0].GetProperty("descriptor").GetProperty("id").GetString().ShouldBe("SCB3503");
    }

    [Fact]
    public void Fingerprints_stay_when_lines_versions_and_order_change()
    {
        var input = ReportSamples.Input();
        var moved = input with
        {
            Verdict = input.Verdict with { Findings = [.. input.Verdict.Findings.Reverse().Select(one => one with { Line = one.Line + 7, Finding = one.Finding with { Version = one.Finding.Version + ".1" } })] },
        };
        Of(moved).ShouldBe(Of(input), ignoreOrder: true);
        Of(input).Distinct().Count().ShouldBe(Of(input).Count);
        new SarifWriter(input).Write().ShouldBe(new SarifWriter(input).Write());

        static List<string> Of(ReportInput input)
        {
            using var document = JsonDocument.Parse(new SarifWriter(input).Write());
            return [.. document.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().Select(result => result.GetProperty("ruleId").GetString() + " " + result.GetProperty("partialFingerprints").GetProperty("supplyChainFinding/v1").GetString())];
        }
    }
}
