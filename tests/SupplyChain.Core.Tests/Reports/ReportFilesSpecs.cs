using System.Text.Json;
using System.Text.RegularExpressions;
using SupplyChain.Core.Images;
using SupplyChain.Core.Reports;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Reports;

public sealed partial class ReportFilesSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_report_is_written_when_the_gate_fails_too_and_CI_systems_get_their_own()
    {
        var summary = _folder.File("summary.md");
        File.WriteAllText(summary, "earlier\n");
        var environment = new Dictionary<string, string?> { ["GITHUB_STEP_SUMMARY"] = summary, ["GITLAB_CI"] = "true", ["TF_BUILD"] = "True" };
        var lines = new ReportFiles(_folder.Path, environment.GetValueOrDefault).Write(ReportSamples.Input());

        lines.ShouldBe([$"##vso[task.uploadsummary]{_folder.File("report.md")}"]);
        Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(
            ["gl-code-quality-report.json", "gl-container-scanning-report.json", "report.html", "report.md", "scan.sarif", "summary.md", "vex.openvex.json"]);
        File.ReadAllText(summary).ShouldBe("earlier\n" + File.ReadAllText(_folder.File("report.md")));

        using var quality = JsonDocument.Parse(File.ReadAllBytes(_folder.File("gl-code-quality-report.json")));
        var json = quality.RootElement.EnumerateArray().Single(issue => issue.GetProperty("check_name").GetString() == "CVE-2024-21907");
        json.GetProperty("severity").GetString().ShouldBe("blocker");
        json.GetProperty("location").GetProperty("path").GetString().ShouldBe("Hello/Hello.csproj");
        json.GetProperty("location").GetProperty("lines").GetProperty("begin").GetInt32().ShouldBe(14);
        quality.RootElement.EnumerateArray().ShouldNotContain(issue => issue.GetProperty("check_name").GetString() == "CVE-3", "it is waived");
        using var scanning = JsonDocument.Parse(File.ReadAllBytes(_folder.File("gl-container-scanning-report.json")));
        scanning.RootElement.GetProperty("vulnerabilities").EnumerateArray().Select(one => one.GetProperty("identifiers")[0].GetProperty("value").GetString()).ShouldContain("CVE-2023-45853");
        scanning.RootElement.GetProperty("scan").GetProperty("start_time").GetString().ShouldBe("2026-11-23T12:00:00");
    }

    [Fact]
    public void Outside_a_CI_system_nothing_is_written_for_one()
    {
        new ReportFiles(_folder.Path, _ => null).Write(ReportSamples.Input(passes: true)).ShouldBeEmpty();
        Directory.GetFiles(_folder.Path, "gl-*").ShouldBeEmpty();
    }

    [Fact]
    public void A_summary_that_GitHub_would_refuse_is_not_written()
    {
        var summary = _folder.File("summary.md");
        File.WriteAllText(summary, new string('x', 1000 * 1024));
        new ReportFiles(_folder.Path, name => name == "GITHUB_STEP_SUMMARY" ? summary : null).Write(ReportSamples.Input());
        new FileInfo(summary).Length.ShouldBe(1000 * 1024);
    }

    [Fact]
    public void Markdown_names_the_changes_and_takes_no_markup_from_outside()
    {
        var markdown = MarkdownReport.Write(ReportSamples.Input());
        markdown.ShouldStartWith("## ❌ Supply chain: shop/hello was stopped\n");
        markdown.ShouldContain("- Raise Newtonsoft.Json from 12.0.3 to 13.0.1 (`Hello/Hello.csproj:14`): clears 1 high\n");
        markdown.ShouldContain("| Critical | 1 | 1 |");
        markdown.ShouldNotContain("<script");
        markdown.ShouldNotContain("@everyone");
        markdown.ShouldNotContain("](<javascript");
        MarkdownReport.Write(ReportSamples.Input(passes: true)).ShouldStartWith("## ✅ Supply chain: shop/hello passed\n");
    }

    [Fact]
    public void The_HTML_report_asks_nobody_and_takes_no_markup_from_outside_structure_only_no_browser()
    {
        var html = HtmlReport.Write(ReportSamples.Input());
        // Only links that a person follows lead anywhere.
        LoadsSomething().Matches(html).ShouldBeEmpty();
        html.ShouldContain("default-src 'none'");
        html.ShouldNotContain("<script>alert");
        html.ShouldNotContain("href=\"javascript:");
        Tag("script").Count(html).ShouldBe(1);
        foreach (var element in (string[])["table", "tbody", "thead", "tr", "td", "th", "details", "summary", "ul", "li", "p", "div", "code", "span", "button", "header", "a"])
            Tag(element).Count(html).ShouldBe(Regex.Count(html, $"</{element}>"), $"every <{element}> is closed");
        html.ShouldContain("<strong>Stopped</strong> shop/hello");
        html.ShouldContain("Raise Newtonsoft.Json from 12.0.3 to 13.0.1: clears 1 high <code>Hello/Hello.csproj:14</code>");
        html.ShouldContain("aria-label=\"1 critical, 2 high, 1 medium, 0 low, 1 not rated\"");
        html.ShouldContain("<tr data-s=\"critical\" class=\"blocks\">");
        HtmlReport.Write(ReportSamples.Input(passes: true)).ShouldContain("cosign verify --key cosign.pub registry.example.com/shop/hello@");
        html.ShouldBe(HtmlReport.Write(ReportSamples.Input()));
    }

    [Fact]
    public void Files_are_named_from_the_repository_on()
    {
        Directory.CreateDirectory(_folder.File("repository/.git"));
        Directory.CreateDirectory(_folder.File("repository/src/Hello"));
        ReportInput.FindRoot(_folder.File("repository/src/Hello/Hello.csproj")).ShouldBe(_folder.File("repository"));
        ReportSamples.Input(root: "/other").Relative("/src/Hello/Hello.csproj").ShouldBeNull();
        (ReportSamples.Input() with { Image = new ImageReference(null, "a") }).Relative(null).ShouldBe("Hello/Hello.csproj");
    }

    private static Regex Tag(string element) => new($"<{element}[ >]");

    [GeneratedRegex("""(src|srcset|action|poster)=|url\(|@import|<link|<iframe|<img|<object|fetch\(|XMLHttpRequest""")]
    private static partial Regex LoadsSomething();
}
