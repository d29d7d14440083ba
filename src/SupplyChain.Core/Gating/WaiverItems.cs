using System.Globalization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>An MSBuild item as a project writes it; texts that are not set are empty.</summary>
/// <param name="File">The file that defines it, absolute; empty: unknown.</param>
public sealed record WaiverItem(string Include, string Package, string Expires, string Reason, string Owner, string File);

/// <summary>Reads SupplyChainWaiver and NuGetAuditSuppress items.</summary>
internal static class WaiverItems
{
    /// <exception cref="DiagnosticException">SCB3505: one has no id, no valid date or no reason.</exception>
    public static IReadOnlyList<Waiver> Read(IEnumerable<WaiverItem> items) => [.. items.Select(Read)];

    /// <summary>An item is the address of an advisory: <c>https://github.com/advisories/GHSA-5crp-9r3c-p9vr</c>.</summary>
    public static IReadOnlyList<Waiver> ReadAuditSuppressions(IEnumerable<(string Include, string File)> items) =>
    [
        .. items.Select(item => new Waiver(item.Include.TrimEnd('/').Split('/')[^1], WaiverOrigin.NuGetAudit)
        {
            File = NullIfEmpty(item.File),
            Line = ItemLine.Find(item.File, "NuGetAuditSuppress", item.Include),
        }).Where(waiver => waiver.Id.Length > 0),
    ];

    private static Waiver Read(WaiverItem item)
    {
        var line = ItemLine.Find(item.File, "SupplyChainWaiver", item.Include);
        var id = item.Include.Trim();
        if (id.Length == 0 || id.Contains(' ') || id.Contains('*'))
            throw Malformed($"'{SingleLine.Of(id, 100)}' is no id of a vulnerability. Write one, for example CVE-2024-21907; a waiver for everything cannot be written");
        if (!DateOnly.TryParseExact(item.Expires.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var expires))
        {
            throw Malformed(item.Expires.Trim().Length == 0
                ? "it has no Expires. Say until which day the risk is accepted, for example Expires=\"2027-01-31\""
                : $"Expires is '{SingleLine.Of(item.Expires, 100)}'. Write the last day as yyyy-MM-dd, for example 2027-01-31");
        }

        if (string.IsNullOrWhiteSpace(item.Reason))
            throw Malformed("it has no Reason. Say in a sentence why the risk is accepted, for example Reason=\"the affected function is never called\"");
        return new Waiver(id, WaiverOrigin.Item, expires, item.Reason.Trim(), NullIfEmpty(item.Owner.Trim()))
        {
            Package = NullIfEmpty(item.Package.Trim()),
            File = NullIfEmpty(item.File),
            Line = line,
        };

        DiagnosticException Malformed(string what) => new(new Diagnostic(
            DiagnosticCodes.WaiverMalformed, $"the waiver for {(id.Length == 0 ? "?" : SingleLine.Of(id, 100))} cannot be used: {what}.", NullIfEmpty(item.File), line));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
