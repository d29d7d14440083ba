using SupplyChain.Core.Stores;

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
        var attached = await new EvidenceWriter().AttachAsync(OpenDestination(plan).Store, pushed.Root, State.Evidence.Read(), Package.Now(), cancellationToken);
        foreach (var referrer in attached)
            Detail($"attached {referrer.Digest} to {pushed.Reference}");
    }
}
