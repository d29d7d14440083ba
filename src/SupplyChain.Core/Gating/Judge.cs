using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Decides about one finding, and remembers which waivers were of use.</summary>
internal sealed class Judge(GatePolicy policy, GateContext context, ProjectInventory inventory, Digest image)
{
    private readonly HashSet<Waiver> _used = new(ReferenceEqualityComparer.Instance);

    /// <summary>Waivers that cover something in this report, whether or not they still count.</summary>
    public IReadOnlySet<Waiver> Used => _used;

    public JudgedFinding Of(Finding finding)
    {
        // First, so that every waiver that covers something is known to be of use.
        var waiver = Valid(context.Waivers.Where(waiver => waiver.Covers(finding)));
        if (Latest(finding) is { Status: VexStatus.NotAffected or VexStatus.Fixed } vex)
            return new JudgedFinding(finding, Decision.NotAffected, $"{vex.Because ?? (vex.Status is VexStatus.Fixed ? "fixed" : "not affected")} ({Path.GetFileName(vex.File)})");
        if (context.Supplied.Supplies(finding, inventory))
            return new JudgedFinding(finding, Decision.RuntimeSupplied, "the .NET runtime supplies these assemblies in a version of its own, so the package's are not published");
        if (waiver is not null)
            return new JudgedFinding(finding, Decision.Waived, $"{SingleLine.Of(waiver.Reason ?? "no reason given", 500)} ({waiver.Describe()})");
        if (finding.KnownExploited)
            return new JudgedFinding(finding, Decision.Blocks);
        if (!policy.Reaches(finding.Severity))
            return new JudgedFinding(finding, Decision.BelowThreshold);
        if (policy.IgnoreUnfixed && !GatePolicy.HasFix(finding))
            return new JudgedFinding(finding, Decision.Unfixed);
        return policy.IsInGrace(finding, context.Now)
            ? new JudgedFinding(finding, Decision.GracePeriod, FormattableString.Invariant($"the fix has been out since {finding.FixedOn ?? finding.Published:yyyy-MM-dd}, {policy.FixGracePeriodDays} days are allowed"))
            : new JudgedFinding(finding, Decision.Blocks);
    }

    public JudgedMisconfiguration Of(Misconfiguration found, string? root = null)
    {
        var waiver = Valid(context.Waivers.Where(waiver => waiver.Covers(found)));
        return new JudgedMisconfiguration(found, waiver is not null ? Decision.Waived : policy.Reaches(found.Severity) ? Decision.Blocks : Decision.BelowThreshold, waiver is null ? null : $"{SingleLine.Of(waiver.Reason ?? "no reason given", 500)} ({waiver.Describe()})")
        {
            File = root is null ? null : Path.GetFullPath(found.Path, root),
        };
    }

    /// <summary>Null: no waiver that still counts covers it.</summary>
    public Waiver? Of(SecretFinding secret) => Valid(context.Waivers.Where(waiver => waiver.Covers(secret)));

    private Waiver? Valid(IEnumerable<Waiver> covering)
    {
        Waiver? valid = null;
        foreach (var waiver in covering)
        {
            _used.Add(waiver);
            if (valid is null && !waiver.HasExpired(context.Now))
                valid = waiver;
        }

        return valid;
    }

    /// <summary>Of several statements the newest counts; of two of the same time the more careful one.</summary>
    private VexStatement? Latest(Finding finding) => context.Vex.Where(statement => statement.Covers(finding, image, context.Repository))
        .OrderByDescending(statement => statement.Timestamp ?? DateTimeOffset.MinValue)
        .ThenBy(statement => statement.Status is VexStatus.NotAffected or VexStatus.Fixed)
        .FirstOrDefault();
}
