using System.Text;
using SupplyChain.Core.Gating;

namespace SupplyChain.Core.Reports;

/// <summary>Writes the reports of one verdict, whatever it says: a publish that is stopped needs them most.</summary>
internal sealed class ReportFiles(string directory, Func<string, string?> environment)
{
    /// <summary>GitHub takes 1 MiB for all summaries of a step; a longer one would be refused whole.</summary>
    private const int GitHubLimit = 1000 * 1024;

    /// <summary>What was accepted, and why; only where something was.</summary>
    public const string Vex = "vex.openvex.json";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <returns>Lines that must be printed exactly so: Azure Pipelines reads the log.</returns>
    public IReadOnlyList<string> Write(ReportInput input)
    {
        Write("scan.sarif", new SarifWriter(input).Write());
        Write("report.html", Utf8.GetBytes(HtmlReport.Write(input)));
        var markdown = MarkdownReport.Write(input);
        Write("report.md", Utf8.GetBytes(markdown));
        if (HasVex(input.Verdict))
            Write(Vex, VexWriter.Write(input.Verdict, input.Image, input.Now, input.ToolVersion));
        if (environment("GITHUB_STEP_SUMMARY") is { Length: > 0 } summary)
            AppendTo(summary, markdown);
        if (environment("GITLAB_CI") is { Length: > 0 })
        {
            Write("gl-code-quality-report.json", GitLabReports.CodeQuality(input));
            Write("gl-container-scanning-report.json", GitLabReports.ContainerScanning(input));
        }

        return environment("TF_BUILD") is { Length: > 0 } ? [$"##vso[task.uploadsummary]{Path.Combine(directory, "report.md")}"] : [];
    }

    public static bool HasVex(GateVerdict verdict) => verdict.Findings.Any(one => one.Decision is Decision.Waived or Decision.NotAffected or Decision.RuntimeSupplied);

    private static void AppendTo(string summary, string markdown)
    {
        try
        {
            var written = File.Exists(summary) ? new FileInfo(summary).Length : 0;
            if (written + Utf8.GetByteCount(markdown) < GitHubLimit)
                File.AppendAllText(summary, markdown, Utf8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Several projects of a solution write to it at the same time, and a summary is no reason to fail; report.md is there.
        }
    }

    /// <summary>Written whole or not at all: somebody may be looking at it.</summary>
    private void Write(string name, byte[] content)
    {
        var file = Path.Combine(directory, name);
        File.WriteAllBytes(file + ".tmp", content);
        File.Move(file + ".tmp", file, overwrite: true);
    }
}
