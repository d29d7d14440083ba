using System.Globalization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Scans each platform's bytes (or, unscanned, only lists what is in them), and takes the scan of the inventory that was begun while the image was made. Decides nothing.</summary>
public sealed class ScanImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (plan.Lister is { } lister)
        {
            await ListAsync(lister, cancellationToken);
            return;
        }

        await ToolsReadyAsync(cancellationToken, plan.Trivy, plan.Grype);
        var work = EarlyWork();
        if (await work.ScanAsync(State.Image.Read(), cancellationToken) is not { } report)
            return;
        if (report is { IsKept: true, Times.StartedAt: var scannedAt })
            Say(string.Create(CultureInfo.InvariantCulture, $"scan of {scannedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC kept: the same image, scanner and vulnerability database"));
        State.Scan.Write(report);
        State.ScanTimes.Write(work.ScanTimes!);
    }

    /// <summary>Nothing is decided from it; where it fails, the bill of materials is incomplete and says so.</summary>
    private async Task ListAsync(Tool lister, CancellationToken cancellationToken)
    {
        try
        {
            await ToolsReadyAsync(cancellationToken, lister);
        }
        catch (DiagnosticException)
        {
            // Running it will say the same.
        }

        var (listing, why) = await EarlyWork().ListAsync(State.Image.Read(), cancellationToken);
        if (listing is not null)
            State.Listing.Write(listing);
        else if (why is not null)
            State.Plan.Write(State.Plan.Read() with { NoLister = why });
    }
}
