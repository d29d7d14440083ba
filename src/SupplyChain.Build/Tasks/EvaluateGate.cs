using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Build.Tasks;

/// <summary>Decides whether the image may leave this machine. Each finding that blocks becomes an error with the line to change.</summary>
public sealed class EvaluateGate : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var image = State.Image.Read();
        var verdict = State.Verdict.Write(plan.Scan ? await EvaluateAsync(plan, image, cancellationToken) : Skip(image));
        if (verdict.Passed && plan.UserArchive is { } archive)
        {
            await OciArchiveWriter.WriteAsync(image, plan.Repository, plan.Tags, archive, cancellationToken);
            Say($"archive written to {Relative(archive)}");
        }
    }

    private async Task<GateVerdict> EvaluateAsync(PublishPlan plan, ImageLayout image, CancellationToken cancellationToken)
    {
        var (report, inventory) = (State.Scan.Read(), State.Inventory.Read());
        var scanFile = Path.Combine(plan.OutputDirectory, "scan.json");
        File.Copy(State.Scan.Path, scanFile, overwrite: true);
        var verdict = await new GateStep(plan, TimeProvider.System.GetUtcNow()).EvaluateAsync(report, inventory, image.Root.Digest, Relative(scanFile), cancellationToken);
        var database = report.DatabaseUpdatedAt is { } updated ? FormattableString.Invariant($", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "";
        // Builds from source name no version in their reports.
        var version = report.ScannerVersion == "unknown" ? "" : $" {report.ScannerVersion}";
        Say($"scanned with {report.Scanner}{version}{database}: {verdict.Summary}");
        verdict.Warnings.ToList().ForEach(Report);
        verdict.Blocking.ToList().ForEach(Report);
        return verdict;
    }

    private GateVerdict Skip(ImageLayout image)
    {
        Say("not scanned (SupplyChainScan=false)");
        return new GateVerdict(image.Root.Digest, Passed: true, [], "not scanned");
    }
}
