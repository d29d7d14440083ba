using System.Globalization;
using SupplyChain.Core.Gating;

namespace SupplyChain.Core.Reports;

/// <summary>The table of findings: filter, order, and the way to each package on demand.</summary>
internal static class HtmlFindings
{
    public static void Write(HtmlText html, ReportInput input)
    {
        var findings = input.Verdict.Findings.OrderBy(one => one.Decision is not Decision.Blocks).ToList();
        html.Raw("<h2>Findings</h2>\n");
        if (findings.Count == 0)
        {
            html.Raw("<p>The scanner knows of no vulnerability in what this image holds.</p>\n");
            return;
        }

        html.Raw("<div class=\"tools\"><input type=\"search\" id=\"q\" placeholder=\"Search: CVE, package, path …\" aria-label=\"Search findings\">");
        foreach (var severity in Words.Severities.Where(severity => findings.Exists(one => one.Finding.Severity == severity)))
            html.Raw($"<label><input type=\"checkbox\" value=\"{HtmlReport.Class(severity)}\" checked> ").Text(Words.Of(severity)).Raw("</label>");
        html.Raw("<label><input type=\"checkbox\" value=\"blocks\"> only what blocks</label><span class=\"soft\" id=\"shown\" role=\"status\"></span></div>\n");
        html.Raw("<table class=\"wide\" id=\"findings\"><thead><tr>");
        foreach (var column in (string[])["Severity", "Vulnerability", "Package", "Fixed in", "Decision"])
            html.Raw("<th scope=\"col\"><button type=\"button\">").Text(column).Raw("</button></th>");
        html.Raw("</tr></thead><tbody>\n");
        foreach (var judged in findings)
            Row(html, input, judged);
        html.Raw("</tbody></table>\n");
    }

    private static void Row(HtmlText html, ReportInput input, JudgedFinding judged)
    {
        var finding = judged.Finding;
        var severity = HtmlReport.Class(finding.Severity);
        html.Raw($"<tr data-s=\"{severity}\"{(judged.Decision is Decision.Blocks ? " class=\"blocks\"" : "")}>");
        html.Raw($"<td data-v=\"{9 - (int)finding.Severity}\"><span class=\"sev t-{severity}\">").Text(Words.Of(finding.Severity)).Raw("</span>");
        if (finding.Score is { } score)
            html.Raw(" <span class=\"soft\">").Text(score.ToString("0.0", CultureInfo.InvariantCulture)).Raw("</span>");
        html.Raw("</td><td>");
        if (Words.Address(finding) is { } url)
            html.Raw("<a href=\"").Text(url).Raw("\" rel=\"noreferrer\">").Text(finding.Id).Raw("</a>");
        else
            html.Text(finding.Id);
        if (finding.KnownExploited)
            html.Raw(" <strong class=\"t-critical\">exploited</strong>");
        html.Raw("<br>").Text(finding.Title).Raw("</td><td><b>").Name(finding.Package).Raw("</b> <span class=\"mono\">").Version(finding.Version).Raw("</span>");
        Details(html, input, judged);
        html.Raw("</td>").VersionCell("Fixed in", finding.FixedVersion ?? "no fix known").Raw("<td data-l=\"Decision\">").Text(Words.Of(judged.Decision));
        if (judged.Because is { } because)
            html.Raw("<br><span class=\"soft\">").Text(because).Raw("</span>");
        html.Raw("</td></tr>\n");
    }

    private static void Details(HtmlText html, ReportInput input, JudgedFinding judged)
    {
        html.Raw("<details><summary>Where and what to do</summary>");
        if (judged.Advice.Length > 0)
            html.Raw("<p>").Text(judged.Advice).Raw("</p>");
        if (judged.Path.Count > 1)
            html.Raw("<p>Brought in by <span class=\"path\">").Text(string.Join(" → ", judged.Path)).Raw("</span></p>");
        if (judged.File is not null && input.Relative(judged.File) is { } file)
            html.Raw("<p><code>").Text(judged.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{judged.Line}") : file).Raw("</code></p>");
        html.Raw("<ul>");
        foreach (var place in judged.Finding.Places)
        {
            html.Raw("<li>").Text(place.Source).Text(place.Platform is null ? "" : $", {place.Platform}");
            if (place.Path is { } path)
                html.Raw(" <code>").Text(path).Raw("</code>");
            if (place.LayerDigest is { } layer)
                html.Raw(" <span class=\"soft mono\">layer ").Text(layer.Length > 19 ? layer[..19] : layer).Raw("</span>");
            html.Raw("</li>");
        }

        html.Raw("</ul></details>");
    }
}
