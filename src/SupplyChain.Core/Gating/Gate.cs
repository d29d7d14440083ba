using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Decides whether an image may be pushed. A pure function: the same report, policy and inventory give the same verdict.</summary>
public static class Gate
{
    /// <param name="image">The digest of the image that is to be pushed.</param>
    /// <param name="reportFile">For the last message: where to read more.</param>
    /// <exception cref="DiagnosticException">SCB3003: the report is about another image.</exception>
    public static GateVerdict Evaluate(ScanReport report, GatePolicy policy, ProjectInventory inventory, Digest image, string? reportFile = null)
    {
        if (!image.IsSet || report.Image != image)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannedOtherImage,
                $"The scan report is about {report.Image}, and the image to push is {image}. Delete the intermediate output folder and publish again, so that this very image is scanned.");
        }

        var blocking = report.Findings.Where(policy.Blocks).ToList();
        var passed = blocking.Count == 0;
        var summary = Summarize(report.Findings, policy, blocking.Count);
        if (passed)
            return new GateVerdict(image, passed, [], summary);

        var remediation = new Remediation(report, inventory);
        return new GateVerdict(image, passed, [.. blocking.Select(remediation.For), Conclude(blocking, policy, inventory, reportFile)], summary);
    }

    /// <summary><c>0 critical, 2 high, 11 lower, 1 not rated; threshold Critical: passed</c>.</summary>
    private static string Summarize(IReadOnlyList<Finding> findings, GatePolicy policy, int blocking)
    {
        int Count(params ReadOnlySpan<Severity> severities)
        {
            var sum = 0;
            foreach (var severity in severities)
                sum += findings.Count(finding => finding.Severity == severity);
            return sum;
        }

        var unrated = Count(Severity.Unknown);
        var unfixed = findings.Count(finding => policy.Reaches(finding.Severity)) - blocking;
        var counts = $"{Count(Severity.Critical)} critical, {Count(Severity.High)} high, {Count(Severity.Medium, Severity.Low)} lower"
            + (unrated > 0 ? $", {unrated} not rated" : "");
        var ignored = unfixed > 0 ? $" ({unfixed} without a fix ignored)" : "";
        return $"{counts}; threshold {policy.Threshold}{ignored}: {(blocking == 0 ? "passed" : "failed")}";
    }

    private static Diagnostic Conclude(List<Finding> blocking, GatePolicy policy, ProjectInventory inventory, string? reportFile)
    {
        var counts = blocking.GroupBy(finding => finding.Severity).OrderByDescending(group => group.Key)
            .Select(group => (Number: group.Count(), Word: group.Key is Severity.Unknown ? "unrated" : group.Key.ToString().ToLowerInvariant())).ToList();
        var words = counts.ConvertAll(count => $"{count.Number} {count.Word}");
        var list = words.Count == 1 ? words[0] : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";
        var more = reportFile is null ? "" : $" Report: {reportFile}";
        return new Diagnostic(
            DiagnosticCodes.GateFailed,
            $"{list} {(counts[^1].Number == 1 ? "finding" : "findings")} at or above threshold {policy.Threshold}; nothing was pushed.{more}",
            inventory.ProjectFile);
    }
}
