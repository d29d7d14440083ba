namespace SupplyChain.Build.Tasks;

/// <summary>Takes the inventory, which was read from the build itself while the image was made.</summary>
public sealed class ReadProject : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var early = EarlyWork();
        early.HasPublished();
        var inventory = await early.Inventory.WaitAsync(cancellationToken);
        inventory.Gaps.ToList().ForEach(gap => Detail(gap.ToString()));
        State.Inventory.Write(inventory);
    }
}
