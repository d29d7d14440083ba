using SupplyChain.Core.Publishing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Build.Tasks;

/// <summary>Sets the tags: the last thing that happens to the destination, and only with complete evidence.</summary>
public sealed class TagImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Publish)
            return;

        var pushed = State.Pushed.Read();
        Completeness.Require(plan, State.Image.Read(), State.Verdict.ReadOrNull(), pushed, State.Evidence.ReadOrNull(), State.Verification.ReadOrNull());
        PrintCommands(await Kept.GetOrAdd(() => ReportWork.None).Lines);
        await new Tagger().TagAsync(OpenDestination(plan).Store, pushed, plan.Tags, plan.TagPolicy, cancellationToken);
        State.Tags.Write(plan.Tags);
        var verified = plan.Sign && plan.Verify ? $"verified from {Relative(plan.DestinationName)}; " : "";
        Say($"{verified}tagged {string.Join(", ", plan.Tags)}");
    }
}
