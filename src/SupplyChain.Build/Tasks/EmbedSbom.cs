using Microsoft.Build.Framework;

namespace SupplyChain.Build.Tasks;

/// <summary>Puts the application's bill of materials into the publish output, from where the SDK takes it into the image.</summary>
public sealed class EmbedSbom : StageTask
{
    [Required]
    public string PublishDirectory { get; set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        // With several runtime identifiers their inner builds do it.
        if (!plan.EmbedSbom || plan.PlatformDirectory is not null)
            return;
        var early = EarlyWork();
        var (inventory, date) = (await early.Inventory.WaitAsync(cancellationToken), await early.SourceDate.WaitAsync(cancellationToken));
        Detail(Kept.Replace(() => EmbeddedSbom.Write(inventory, PublishDirectory, date)).Summary);
    }
}
