using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Scans each platform's bytes and the project's inventory, side by side. Decides nothing.</summary>
public sealed class ScanImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (plan.Trivy is not { } trivy)
            return;

        using (var inventory = File.Create(State.InventorySbomFile))
            CycloneDxWriter.Write(SbomBuilder.BuildInventory(State.Inventory.Read(), Package.Version), inventory);
        var report = await new TrivyScanner(new ToolRunner(), trivy).ScanAsync(
            new ScanRequest(State.Image.Read(), State.ScanDirectory, plan.OutputDirectory, Package.EnvironmentVariables())
            {
                InventoryFile = State.InventorySbomFile,
                Offline = plan.Offline,
                DatabaseRepositories = plan.TrivyDatabases,
            },
            cancellationToken);
        State.Scan.Write(report);
    }
}
