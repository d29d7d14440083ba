using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What of a scanned cluster is at or above the threshold: one diagnostic a resource, or one a finding.</summary>
internal static class ClusterGate
{
    private const int MostNames = 5;

    /// <param name="each">One diagnostic a finding.</param>
    /// <returns>Empty: it passes.</returns>
    public static IReadOnlyList<Diagnostic> Evaluate(ScannedCluster cluster, GatePolicy policy, GateContext context, ProjectInventory project, bool each)
    {
        var judge = new Judge(policy, context, project, default);
        var diagnostics = new List<Diagnostic>();
        foreach (var resource in cluster.All)
        {
            var report = new TrivyReport(2, resource.Place, "cluster") { Results = resource.Results };
            var findings = TrivyMerge.Join(TrivyMerge.Sightings(report, null, withPaths: true)).Select(judge.Of).Where(one => one.Decision is Decision.Blocks)
                .Select(one => (one.Finding.Severity, Text: $"{one.Finding.Id} in {one.Finding.Package} {one.Finding.Version}{(one.Finding.FixedVersion is { } fix ? $", fixed in {fix}" : "")}"));
            var settings = TrivyMerge.Misconfigurations(report).Select(found => judge.Of(found)).Where(one => one.Decision is Decision.Blocks)
                .Select(one => (one.Found.Severity, Text: $"{one.Found.Id}: {one.Found.Title}"));
            var secrets = policy.Threshold is SeverityThreshold.None ? [] : TrivyMerge.Secrets(report, "cluster").Where(secret => judge.Of(secret) is null)
                .Select(secret => (Severity.Critical, Text: $"a secret (rule {secret.Rule}) in {secret.Path}"));
            var all = findings.Concat(settings).Concat(secrets).Distinct().OrderByDescending(one => one.Item1).ToList();
            if (all.Count == 0)
                continue;
            if (each)
            {
                diagnostics.AddRange(all.Select(one => Said($"{resource.Place}: {one.Text} ({one.Item1}).", project)));
                continue;
            }

            var counts = string.Join(", ", all.GroupBy(one => one.Item1).Select(group => FormattableString.Invariant($"{group.Count()} {(group.Key is Severity.Unknown ? "not rated" : group.Key.ToString().ToLowerInvariant())}")));
            var more = all.Count > MostNames ? FormattableString.Invariant($" and {all.Count - MostNames} more") : "";
            diagnostics.Add(Said($"{resource.Place}: {counts} at or above threshold {policy.Threshold}: {string.Join("; ", all.Take(MostNames).Select(one => one.Text))}{more}.", project));
        }

        return diagnostics;
    }

    private static Diagnostic Said(string text, ProjectInventory project) => new(DiagnosticCodes.ClusterResourceVulnerable, text, project.ProjectFile);
}
