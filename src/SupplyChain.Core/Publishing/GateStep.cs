using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Publishing;

/// <summary>Asks the gate, and looks for proven bumps where something blocks: what costs time is done only then.</summary>
/// <param name="assets">Where restored packages lie; null: not known.</param>
internal sealed class GateStep(GatePolicy policy, GateContext context, Func<Task<AssetsFile?>> assets, string targetFramework)
{
    /// <summary>Asks for a newer base image; null: nobody can be asked.</summary>
    public Func<Finding, Task<BaseImageNews?>>? AskForBaseImage { get; init; }

    public GateStep With(Func<Finding, Task<BaseImageNews?>> ask) => new(policy, context, assets, targetFramework) { AskForBaseImage = ask };

    public static GateStep Of(PublishPlan plan, DateTimeOffset now, string reportFile, CancellationToken cancellationToken) => new(
        plan.Gate,
        new GateContext
        {
            Now = now,
            ReportFile = reportFile,
            Repository = plan.Repository.Repository,
            Waivers = plan.Waivers,
            Vex = plan.Vex,
            Supplied = new SuppliedPackages(plan.SuppliedPackages),
        },
        () => ReadAssetsAsync(plan, cancellationToken),
        plan.TargetFramework);

    public async Task<GateVerdict> EvaluateAsync(ScanReport report, ProjectInventory inventory, Digest image)
    {
        var verdict = Gate.Evaluate(report, policy, inventory, image, context);
        var blocking = verdict.Findings.Where(one => one.Decision is Decision.Blocks).Select(one => one.Finding).ToList();
        // From here on only the words change: what blocks does not depend on what lies on this machine, or on who answers.
        var known = context;
        if (blocking.Exists(finding => finding.Kind is FindingKind.NuGet) && await assets() is { } restored)
            known = known with { Bumps = new BumpFinder(restored.PackageFolders, targetFramework).Find(blocking, inventory), Pinned = [.. restored.Pinned] };
        if (blocking.Find(finding => finding.Kind is FindingKind.OperatingSystem && GatePolicy.HasFix(finding)) is { } system && AskForBaseImage is { } ask && await ask(system) is { } news)
            known = known with { BaseImage = news };
        return ReferenceEquals(known, context) ? verdict : Gate.Evaluate(report, policy, inventory, image, known);
    }

    private static async Task<AssetsFile?> ReadAssetsAsync(PublishPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return await AssetsFile.ReadAsync(
                new ProjectInventoryRequest(plan.ProjectFile, plan.AssetsFile, plan.TargetFramework, plan.AssemblyName, plan.Version) { RuntimeIdentifiers = plan.RuntimeIdentifiers },
                cancellationToken);
        }
        catch (DiagnosticException)
        {
            // The inventory was read from it, so it was there; the findings are said all the same.
            return null;
        }
    }
}
