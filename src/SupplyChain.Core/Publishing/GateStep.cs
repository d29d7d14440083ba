using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Publishing;

/// <summary>Gathers what the gate needs to know, and asks it. What costs time is done only where something blocks.</summary>
internal sealed class GateStep(PublishPlan plan, DateTimeOffset now)
{
    public async Task<GateVerdict> EvaluateAsync(ScanReport report, ProjectInventory inventory, Digest image, string reportFile, CancellationToken cancellationToken)
    {
        var context = new GateContext
        {
            Now = now,
            ReportFile = reportFile,
            Repository = plan.Repository.Repository,
            Waivers = plan.Waivers,
            Vex = plan.Vex,
            Supplied = new SuppliedPackages(plan.SuppliedPackages),
        };
        var verdict = Gate.Evaluate(report, plan.Gate, inventory, image, context);
        if (verdict.Passed || !verdict.Findings.Any(one => one.Decision is Decision.Blocks && one.Finding.Kind is FindingKind.NuGet))
            return verdict;

        // Only the words change: what blocks does not depend on what lies on this machine.
        var assets = await ReadAssetsAsync(cancellationToken);
        if (assets is null)
            return verdict;
        var blocking = verdict.Findings.Where(one => one.Decision is Decision.Blocks).Select(one => one.Finding);
        return Gate.Evaluate(report, plan.Gate, inventory, image, context with
        {
            Bumps = new BumpFinder(assets.PackageFolders, plan.TargetFramework).Find(blocking, inventory),
            Pinned = [.. assets.Pinned],
        });
    }

    private async Task<AssetsFile?> ReadAssetsAsync(CancellationToken cancellationToken)
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
