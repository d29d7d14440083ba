using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>Evidence of an earlier publish of the very same image, verified while the image is scanned: what is kept of it then costs no time.</summary>
internal sealed class EvidenceAhead : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private EvidenceAhead(Func<CancellationToken, Task> look) => Done = Task.Run(() => look(_stop.Token));

    /// <summary>Nothing is looked at.</summary>
    public static EvidenceAhead None => new(_ => Task.CompletedTask);

    /// <summary>Ends, and never fails.</summary>
    public Task Done { get; }

    public static EvidenceAhead Begin(PublishPlan plan, Descriptor image, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory) =>
        plan is { Publish: true, Cosign: { } cosign }
            ? new(cancellationToken => new EarlierEvidence(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                .LookAheadAsync(image, Completeness.RequiredTypes(plan), SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken))
            : None;

    public void Dispose()
    {
        _stop.Cancel();
        Task.WhenAny(Done, Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
    }
}
