using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>What to change so that the gate says yes, each change once: <c>Raise Newtonsoft.Json from 12.0.3 to 13.0.1: clears 1 high</c>.</summary>
/// <param name="Text">Without the place.</param>
/// <param name="File">Null: the project file.</param>
internal sealed record ProposedChange(string Text, string Clears, string? File, int Line)
{
    public static IReadOnlyList<ProposedChange> Of(GateVerdict verdict) =>
    [
        .. verdict.Findings.Where(one => one.Decision is Decision.Blocks)
            .GroupBy(one => (Text: one.Change is { } change ? Describe(change) : $"{one.Finding.Package} {one.Finding.Version}: {one.Advice.TrimEnd('.')}", one.File, one.Line))
            .Select(group => new ProposedChange(group.Key.Text, Count(group), group.Key.File, group.Key.Line)),
    ];

    private static string Describe(VersionChange change) => change.Kind switch
    {
        ChangeKind.Raise => $"Raise {change.Package} from {change.From} to {change.To}",
        ChangeKind.Pin => $"Pin {change.Package} {change.To} by a reference of your own (now {change.From})",
        ChangeKind.Runtime => $"Move the .NET runtime from {change.From} to {change.To} or later",
        _ => $"Build on a base image with {change.Package} {change.To} or later (now {change.From})",
    };

    private static string Count(IEnumerable<JudgedFinding> findings) => "clears " + string.Join(", ", findings
        .GroupBy(one => one.Finding.Severity).OrderByDescending(group => group.Key)
        .Select(group => FormattableString.Invariant($"{group.Count()} {(group.Key is Severity.Unknown ? "not rated" : group.Key.ToString().ToLowerInvariant())}")));
}
