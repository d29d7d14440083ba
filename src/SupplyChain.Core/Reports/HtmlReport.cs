using System.Globalization;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>
/// The report for people: one file, no request to anywhere (its content security policy forbids them), readable without script, on a phone, in the dark and
/// on paper.
/// </summary>
internal static class HtmlReport
{
    public static string Write(ReportInput input)
    {
        var html = new HtmlText();
        html.Raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n")
            .Raw("<title>").Text($"{input.Image.Repository}: {(input.Verdict.Passed ? "passed" : "stopped")}").Raw("</title>\n<style>").Raw(HtmlStyle.Css).Raw("</style></head>\n<body>\n");
        Verdict(html, input);
        Changes(html, input);
        Notices(html, input);
        HtmlFindings.Write(html, input);
        HtmlContents.Write(html, input);
        return html.Raw("<footer class=\"soft\"><p>Made by SupplyChain.Build ").Text(input.ToolVersion).Raw(".</p></footer>\n<script>").Raw(HtmlStyle.Script).Raw("</script>\n</body></html>\n").ToString();
    }

    private static void Verdict(HtmlText html, ReportInput input)
    {
        var (verdict, report) = (input.Verdict, input.Report);
        html.Raw($"<header class=\"verdict{(verdict.Passed ? " ok" : "")}\" id=\"verdict\"><h1><strong>{(verdict.Passed ? "Passed" : "Stopped")}</strong> ").Text(input.Image.Repository).Raw("</h1>\n<p>").Text(verdict.Summary).Raw("</p>\n");
        html.Raw("<p><code>").Text(input.Image.ToString()).Raw("</code> <button type=\"button\" data-copy=\"").Text(input.Image.ToString()).Raw("\">Copy</button></p>\n<p class=\"soft\">");
        html.Text($"Scanned with {report.Scanner}{(report.ScannerVersion == "unknown" ? "" : $" {report.ScannerVersion}")}{(report.Server is null ? "" : $" (server {report.Server})")}");
        if (report.DatabaseUpdatedAt is { } updated)
            html.Text(string.Create(CultureInfo.InvariantCulture, $", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC"));
        if (report.DatabaseDigest is { } digest)
            html.Text(" (").Raw("<span class=\"mono\" title=\"").Text(digest.ToString()).Raw("\">").Text(digest.Short).Raw("</span>)");
        html.Text(string.Create(CultureInfo.InvariantCulture, $"; decided {input.Now.UtcDateTime:yyyy-MM-dd HH:mm} UTC; "));
        html.Text(string.Join(", ", report.Platforms.Select(platform => platform.OperatingSystem is { } system ? $"{platform.Platform} on {system.Family} {system.Name}" : platform.Platform))).Raw("</p></header>\n");
        Bar(html, verdict.Findings);
    }

    private static void Bar(HtmlText html, IReadOnlyList<JudgedFinding> findings)
    {
        var counts = Words.Severities.Select(severity => (Severity: severity, Count: findings.Count(one => one.Finding.Severity == severity))).ToList();
        html.Raw("<div class=\"bar\" role=\"img\" aria-label=\"").Text(string.Join(", ", counts.Select(count => $"{count.Count} {Words.Of(count.Severity).ToLowerInvariant()}"))).Raw("\">");
        foreach (var (severity, count) in counts.Where(count => count.Count > 0))
            html.Raw($"<i class=\"c-{Class(severity)}\" style=\"flex:").Number(count).Raw("\"></i>");
        html.Raw("</div>\n<ul class=\"legend\">");
        foreach (var (severity, count) in counts)
        {
            var blocking = findings.Count(one => one.Finding.Severity == severity && one.Decision is Decision.Blocks);
            html.Raw($"<li><span class=\"dot c-{Class(severity)}\"></span>").Number(count).Raw(" ").Text(Words.Of(severity).ToLowerInvariant()).Text(blocking > 0 ? $" ({blocking} block)" : "").Raw("</li>");
        }

        html.Raw("</ul>\n");
    }

    private static void Changes(HtmlText html, ReportInput input)
    {
        var changes = ProposedChange.Of(input.Verdict);
        if (changes.Count == 0)
            return;
        html.Raw("<h2>What to change</h2>\n<ul id=\"changes\">");
        foreach (var change in changes)
        {
            html.Raw("<li>").Text(change.Text).Raw(": ").Text(change.Clears);
            if (input.Relative(change.File) is { } file)
                html.Raw(" <code>").Text(change.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{change.Line}") : file).Raw("</code>");
            html.Raw("</li>\n");
        }

        html.Raw("</ul>\n");
    }

    /// <summary>What stops it beside findings of packages, and what should be known.</summary>
    private static void Notices(HtmlText html, ReportInput input)
    {
        var notices = input.Verdict.Blocking.Where(diagnostic => diagnostic.Code.Number is not (3500 or 3501 or 3502)).Concat(input.Verdict.Warnings).ToList();
        if (notices.Count == 0)
            return;
        html.Raw("<h2>Also</h2>\n<ul id=\"notices\">");
        foreach (var notice in notices)
        {
            html.Raw("<li><a href=\"").Text(notice.Code.HelpLink).Raw("\" rel=\"noreferrer\">").Text(notice.Code.ToString()).Raw("</a> ").Text(notice.Message);
            if (notice.File is not null && input.Relative(notice.File) is { } file)
                html.Raw(" <code>").Text(notice.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{notice.Line}") : file).Raw("</code>");
            html.Raw("</li>\n");
        }

        html.Raw("</ul>\n");
    }

    public static string Class(Severity severity) => severity.ToString().ToLowerInvariant();
}
