using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>
/// Evidence that is verified beside other work, so that the step which needs it finds it accepted: that of an earlier publish of the very same image while
/// the image is built or scanned, what this publish has signed while it is pushed and attached, and what was kept while the destination is looked at.
/// </summary>
internal sealed class EvidenceAhead : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private EvidenceAhead(Digest? image, Func<CancellationToken, Task> look, bool inRegistry = false)
    {
        (Image, Done) = (image, Task.Run(() => look(_stop.Token)));
        DoneInRegistry = inRegistry ? Done : Task.CompletedTask;
    }

    /// <summary>Nothing is looked at.</summary>
    public static EvidenceAhead None => new(null, _ => Task.CompletedTask);

    /// <summary>Of which image an earlier publish is looked for; null: of none.</summary>
    public Digest? Image { get; }

    /// <summary>Ends, and never fails.</summary>
    public Task Done { get; }

    /// <summary>The same where cosign looks in the registry by itself; at its end already where it does not.</summary>
    public Task DoneInRegistry { get; }

    public static EvidenceAhead OfEarlier(PublishPlan plan, Descriptor image, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory) =>
        plan is { Publish: true, Cosign: { } cosign }
            ? new(image.Digest, cancellationToken => new EarlierEvidence(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                .LookAheadAsync(image, Completeness.RequiredTypes(plan), SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken))
            : None;

    public static EvidenceAhead OfMade(PublishPlan plan, IReadOnlyList<SignedEvidence> made, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory) =>
        plan is { Verify: true, Cosign: { } cosign }
            ? new(null, cancellationToken => new SignatureCheck(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                .LookAsync(made, SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken))
            : None;

    /// <summary>The signature that was kept, as a stranger finds it; the last verification then compares what the registry gives back.</summary>
    public static EvidenceAhead OfKept(PublishPlan plan, SignedEvidence signature, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory) =>
        plan is { Verify: true, ToLayout: false, SignatureFormat: not SignatureFormat.Legacy, Cosign: { } cosign }
            ? new(
                null,
                cancellationToken => new SignatureCheck(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                    .LookInRegistryAsync(signature, SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken),
                inRegistry: true)
            : None;

    public void Dispose()
    {
        _stop.Cancel();
        Task.WhenAny(Done, Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
    }
}
