using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>The verdict in one line.</summary>
internal static class GateSummary
{
    /// <summary><c>0 critical, 2 high, 11 lower, 1 not rated; threshold Critical (1 waived): passed</c>.</summary>
    public static string Of(IReadOnlyList<JudgedFinding> findings, int secrets, GatePolicy policy, bool passed)
    {
        int Severities(params Severity[] severities) => findings.Count(one => severities.Contains(one.Finding.Severity));

        var unrated = Severities(Severity.Unknown);
        var counts = $"{Severities(Severity.Critical)} critical, {Severities(Severity.High)} high, {Severities(Severity.Medium, Severity.Low)} lower"
            + (unrated > 0 ? $", {unrated} not rated" : "")
            + (secrets > 0 ? $", {Count(secrets, "secret")}" : "");
        string?[] passedOver =
        [
            Words(Decision.Unfixed, "without a fix ignored"), Words(Decision.Waived, "waived"), Words(Decision.NotAffected, "not affected by VEX"),
            Words(Decision.RuntimeSupplied, "supplied by the runtime"), Words(Decision.GracePeriod, "in the grace period"),
        ];
        var list = string.Join(", ", passedOver.OfType<string>());
        return $"{counts}; threshold {policy.Threshold}{(list.Length > 0 ? $" ({list})" : "")}: {(passed ? "passed" : "failed")}";

        string? Words(Decision decision, string words) => findings.Count(one => one.Decision == decision) is > 0 and var count ? $"{count} {words}" : null;
    }

    public static Diagnostic Conclude(List<JudgedFinding> blocking, List<Diagnostic> all, GatePolicy policy, ProjectInventory inventory, GateContext context)
    {
        var reasons = new List<string>();
        if (blocking.Count > 0)
        {
            var counts = blocking.GroupBy(one => one.Finding.Severity).OrderByDescending(group => group.Key)
                .Select(group => (Number: group.Count(), Word: group.Key is Severity.Unknown ? "unrated" : group.Key.ToString().ToLowerInvariant())).ToList();
            var below = blocking.Exists(one => !policy.Reaches(one.Finding.Severity)) ? ", or known to be exploited" : "";
            reasons.Add($"{List(counts.ConvertAll(count => $"{count.Number} {count.Word}"))} {(counts[^1].Number == 1 ? "finding" : "findings")} at or above threshold {policy.Threshold}{below}");
        }

        Add(DiagnosticCodes.SecretInImage, "secret in the image", "secrets in the image");
        Add(DiagnosticCodes.SecretInSources, "secret in the sources", "secrets in the sources");
        Add(DiagnosticCodes.Misconfigured, "misconfiguration", "misconfigurations");
        Add(DiagnosticCodes.BaseImageEndOfLife, "base image that is no longer maintained", "base images that are no longer maintained");
        Add(DiagnosticCodes.WaiverExpired, "expired waiver", "expired waivers");
        Add(DiagnosticCodes.DatabaseTooOld, "vulnerability database that is too old", "vulnerability databases that are too old");
        var more = context.ReportFile is null ? "" : $" Report: {context.ReportFile}";
        return new Diagnostic(DiagnosticCodes.GateFailed, $"{List(reasons)}; {context.Consequence}.{more}", inventory.ProjectFile);

        void Add(DiagnosticCode code, string one, string several)
        {
            if (all.Count(diagnostic => diagnostic.Code == code) is > 0 and var count)
                reasons.Add($"{count} {(count == 1 ? one : several)}");
        }
    }

    private static string List(IReadOnlyList<string> words) => words.Count == 1 ? words[0] : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : FormattableString.Invariant($"{count} {noun}s");
}
