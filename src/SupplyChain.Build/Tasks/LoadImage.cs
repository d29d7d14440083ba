using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>With no registry, hands the image to Docker or Podman where one answers, as the SDK alone would have done.</summary>
public sealed class LoadImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.ToLayout)
            return;
        if (plan.UserArchive is not null && plan.LoadImage == LoadMode.Auto)
        {
            // The SDK, too, hands nothing to Docker when an archive is asked for.
            Detail("not loaded into Docker or Podman: ContainerArchiveOutputPath asks for an archive");
            return;
        }

        var outcome = await new LocalImageLoader(new ToolRunner(), Package.Machine)
            .LoadAsync(State.Image.Read(), plan.Repository, plan.Tags, plan.LoadImage, plan.LocalRegistry, cancellationToken);
        if (outcome.Warning is { } warning)
            Report(warning);
        if (outcome.Image is null)
            Detail(outcome.Summary);
        else
            Say(outcome.Summary);
    }
}
