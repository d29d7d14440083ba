using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>What is to be said about the waivers themselves.</summary>
internal static class WaiverCheck
{
    /// <summary>Those that have ended and are still needed: errors that name the owner.</summary>
    public static IEnumerable<Diagnostic> Expired(GateContext context, IReadOnlySet<Waiver> used) => context.Waivers
        .Where(waiver => used.Contains(waiver) && waiver.HasExpired(context.Now))
        .Select(waiver => new Diagnostic(
            DiagnosticCodes.WaiverExpired,
            FormattableString.Invariant($"the waiver for {waiver.Id} expired on {waiver.Expires:yyyy-MM-dd} and the finding is still there. {Owner(waiver)} fix it, or decide anew and give the waiver a later Expires. Its reason was: {SingleLine.Of(waiver.Reason ?? "none given", 500)}"),
            waiver.File,
            waiver.Line));

    /// <summary>Those that nothing needs any more, and those that never end.</summary>
    public static IEnumerable<Diagnostic> Warnings(GateContext context, IReadOnlySet<Waiver> used)
    {
        foreach (var waiver in context.Waivers)
        {
            // NuGet's own audit looks at more than what ships, so an item of its own may be of use there.
            if (!used.Contains(waiver) && waiver.Origin is not WaiverOrigin.NuGetAudit)
                yield return new Diagnostic(DiagnosticCodes.WaiverUnused, $"the waiver for {SingleLine.Of(waiver.Id, 100)} ({waiver.Describe()}) matches nothing any more: remove it.", waiver.File, waiver.Line);
            else if (used.Contains(waiver) && waiver.Expires is null)
                yield return new Diagnostic(DiagnosticCodes.WaiverWithoutEnd, $"{Name(waiver)} accepts {SingleLine.Of(waiver.Id, 100)} for ever. Let it end: {Advice(waiver)}.", waiver.File, waiver.Line);
        }
    }

    private static string Owner(Waiver waiver) => waiver.Owner is { } owner ? $"{SingleLine.Of(owner, 200)}:" : "It names no owner:";

    private static string Name(Waiver waiver) => waiver.Origin is WaiverOrigin.NuGetAudit ? "NuGetAuditSuppress" : Path.GetFileName(waiver.File) ?? ".trivyignore";

    private static string Advice(Waiver waiver) => waiver.Origin is WaiverOrigin.NuGetAudit
        ? $"<SupplyChainWaiver Include=\"{SingleLine.Of(waiver.Id, 100)}\" Expires=\"yyyy-MM-dd\" Reason=\"…\" Owner=\"…\" />"
        : waiver.File?.EndsWith(".trivyignore", StringComparison.Ordinal) is true ? $"write '{SingleLine.Of(waiver.Id, 100)} exp:yyyy-MM-dd'" : "add expired_at: yyyy-MM-dd";
}
