namespace SupplyChain.Build.Tasks;

/// <summary>Scans each platform's bytes, and takes the scan of the inventory that was begun while the image was made. Decides nothing.</summary>
public sealed class ScanImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        await ToolsReadyAsync(cancellationToken, plan.Trivy, plan.Grype);
        var work = EarlyWork();
        if (await work.ScanAsync(State.Image.Read(), cancellationToken) is not { } report)
            return;
        State.Scan.Write(report);
        State.ScanTimes.Write(work.ScanTimes!);
    }
}
