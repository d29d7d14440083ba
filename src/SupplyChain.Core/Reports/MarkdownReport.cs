using System.Text;
using SupplyChain.Core.Gating;

namespace SupplyChain.Core.Reports;

/// <summary>The report for a job summary or a merge request (GitHub Flavored Markdown). Texts from outside cannot become markup, links or mentions.</summary>
internal static class MarkdownReport
{
    /// <summary>GitHub refuses summaries over 1 MiB; nobody reads more rows than this in one.</summary>
    private const int MaximumRows = 200;

    public static string Write(ReportInput input)
    {
        var (verdict, report) = (input.Verdict, input.Report);
        var text = new StringBuilder();
        text.Append(verdict.Passed ? "## ✅ " : "## ❌ ").Append("Supply chain: ").Append(Escape(input.Image.Repository)).Append(verdict.Passed ? " passed" : " was stopped").Append("\n\n");
        text.Append(Escape(verdict.Summary)).Append("\n\n");
        text.Append("| severity | findings | of these block |\n|---|---:|---:|\n");
        foreach (var severity in Words.Severities)
        {
            var all = verdict.Findings.Where(one => one.Finding.Severity == severity).ToList();
            text.Append($"| {Words.Of(severity)} | {all.Count} | {all.Count(one => one.Decision is Decision.Blocks)} |\n");
        }

        Changes(input, text);
        foreach (var diagnostic in verdict.Blocking.Where(diagnostic => diagnostic.Code.Number is not (3500 or 3501 or 3502)))
            text.Append("\n- **").Append(diagnostic.Code).Append("** ").Append(Escape(diagnostic.Message)).Append('\n');
        foreach (var diagnostic in verdict.Warnings)
            text.Append("\n- ").Append(diagnostic.Code).Append(' ').Append(Escape(diagnostic.Message)).Append('\n');
        Findings(input, text);
        text.Append("\n<sub>Image ").Append(Code(input.Image.ToString())).Append(", scanned with ").Append(Escape($"{report.Scanner} {report.ScannerVersion}"));
        if (report.DatabaseUpdatedAt is { } updated)
            text.Append(FormattableString.Invariant($", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC"));
        if (report.DatabaseDigest is { } digest)
            text.Append(" (").Append(Code(digest.ToString())).Append(')');
        if (report.Server is { } server)
            text.Append(", decided by the server ").Append(Code(server));
        return text.Append(".</sub>\n").ToString();
    }

    private static void Changes(ReportInput input, StringBuilder text)
    {
        var changes = ProposedChange.Of(input.Verdict);
        if (changes.Count == 0)
            return;
        text.Append("\n### What to change\n\n");
        foreach (var change in changes)
        {
            var place = input.Relative(change.File) is { } file ? Code(change.Line > 0 ? FormattableString.Invariant($"{file}:{change.Line}") : file) : "";
            text.Append("- ").Append(Escape(change.Text)).Append(place.Length > 0 ? $" ({place})" : "").Append(": ").Append(change.Clears).Append('\n');
        }
    }

    private static void Findings(ReportInput input, StringBuilder text)
    {
        var findings = input.Verdict.Findings.OrderBy(one => one.Decision is not Decision.Blocks).ToList();
        if (findings.Count == 0)
            return;
        text.Append($"\n<details{(input.Verdict.Passed ? "" : " open")}><summary>Findings ({findings.Count})</summary>\n\n| severity | vulnerability | package | fixed in | brought in by | decision |\n|---|---|---|---|---|---|\n");
        foreach (var judged in findings.Take(MaximumRows))
        {
            var finding = judged.Finding;
            var id = Words.Address(finding) is { } url ? $"[{Escape(finding.Id)}](<{url}>)" : Escape(finding.Id);
            text.Append($"| {Words.Of(finding.Severity)} | {id} | {Escape($"{finding.Package} {finding.Version}")} | {Escape(finding.FixedVersion ?? "no fix")} | {Escape(judged.Path.Count > 1 ? string.Join(" → ", judged.Path) : Words.Of(finding.Kind))} | {Escape(judged.Because is null ? Words.Of(judged.Decision) : $"{Words.Of(judged.Decision)}: {judged.Because}")} |\n");
        }

        if (findings.Count > MaximumRows)
            text.Append($"\n{findings.Count - MaximumRows} more are in report.html.\n");
        text.Append("\n</details>\n");
    }

    /// <summary>A code span of several back ticks takes anything but as many of them.</summary>
    private static string Code(string text) => $"`{text.Replace("`", "'", StringComparison.Ordinal)}`";

    internal static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            if (character is '<')
                escaped.Append("&lt;");
            else if (character is '\n' or '\r')
                escaped.Append(' ');
            else if (character is '@')
                escaped.Append("&#64;");
            else
                escaped.Append(character is '|' or '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '~' or '!' ? $"\\{character}" : character.ToString());
        }

        return escaped.ToString();
    }
}
