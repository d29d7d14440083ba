namespace SupplyChain.Build.Tasks;

/// <summary>Attaches signature and attestations to the pushed digest as referrers.</summary>
public sealed class AttachEvidence : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Publish || !plan.Sign)
            return;

        var pushed = State.Pushed.Read();
        var place = OpenDestination(plan).Evidence;
        foreach (var attached in await place.AttachAsync(pushed.Root, State.Evidence.Read(), Package.Now(), cancellationToken))
            Detail($"attached {attached} to {pushed.Reference} in {place.Store.Repository.Name}");
    }
}
