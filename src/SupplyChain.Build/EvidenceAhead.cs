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
    private readonly CancellationTokenSource _stop;

    private EvidenceAhead(Digest? image, Func<CancellationToken, Task> look, bool inRegistry = false, Func<CancellationToken, Task>? send = null)
    {
        _stop = new CancellationTokenSource();
        (Image, Done) = (image, Task.Run(() => look(_stop.Token)));
        DoneInRegistry = inRegistry ? Done : Task.CompletedTask;
        Sent = send is null ? Task.CompletedTask : Task.Run(() => send(_stop.Token));
    }

    private EvidenceAhead(EvidenceAhead looking, Func<CancellationToken, Task<IReadOnlyList<StoredBundle>>> read)
    {
        (_stop, Image, Done, DoneInRegistry, Sent) = (looking._stop, looking.Image, looking.Done, looking.DoneInRegistry, looking.Sent);
        Back = Task.Run(() => read(_stop.Token));
    }

    /// <summary>Nothing is looked at.</summary>
    public static EvidenceAhead None => new(null, _ => Task.CompletedTask);

    /// <summary>Of which image an earlier publish is looked for; null: of none.</summary>
    public Digest? Image { get; }

    /// <summary>Ends, and never fails.</summary>
    public Task Done { get; }

    /// <summary>The same where cosign looks in the registry by itself; at its end already where it does not.</summary>
    public Task DoneInRegistry { get; }

    /// <summary>Ends when nothing is being sent any more; never fails.</summary>
    public Task Sent { get; }

    /// <summary>What the destination gives back of the image, where that is being read already: nothing will be added. Null: it is not.</summary>
    public Task<IReadOnlyList<StoredBundle>>? Back { get; private init; }

    /// <param name="after">What is more urgent; null: nothing.</param>
    public static EvidenceAhead OfEarlier(PublishPlan plan, Descriptor image, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory, Task? after = null) =>
        plan is { Publish: true, Cosign: { } cosign }
            ? new(image.Digest, async cancellationToken =>
            {
                await Task.WhenAny(after ?? Task.CompletedTask);
                await new EarlierEvidence(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                    .LookAheadAsync(image, Completeness.RequiredTypes(plan), SigningIdentity.Resolve(plan.Signing, Package.Machine), LooksInRegistry(plan), cancellationToken);
            })
            : None;

    /// <summary>What was just signed: verified from its bytes, and on its way to the destination.</summary>
    public static EvidenceAhead OfMade(PublishPlan plan, IReadOnlyList<SignedEvidence> made, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory) => new(
        null,
        cancellationToken => plan is { Verify: true, Cosign: { } cosign }
            ? new SignatureCheck(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                .LookAsync(made, SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken)
            : Task.CompletedTask,
        send: cancellationToken => destination.Evidence.SendAsync(made, cancellationToken));

    /// <summary>
    /// The signature, as a stranger finds it, where nothing will be added any more: one that was kept while the destination is looked at, a new one while all of it
    /// is read back. The last verification then compares what the registry gave back.
    /// </summary>
    /// <param name="signer">Who must have signed; null: it is found out.</param>
    public static EvidenceAhead InRegistry(PublishPlan plan, IReadOnlyList<SignedEvidence> evidence, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory, ExpectedSigner? signer = null) =>
        LooksInRegistry(plan) && plan.Cosign is { } cosign && evidence.FirstOrDefault(signed => signed.PredicateType == PredicateTypes.CosignSignature) is { } signature
            ? new(
                null,
                cancellationToken => new SignatureCheck(destination, runner, cosign, plan.Signing, Package.Machine, directory) { Accepted = accepted }
                    .LookInRegistryAsync(signature, SigningIdentity.Resolve(plan.Signing, Package.Machine), cancellationToken, signer),
                inRegistry: true)
            : None;

    /// <summary>All that is there was kept: cosign looks for the signature, if it has not, and what the last verification compares is on its way.</summary>
    public static EvidenceAhead OfKept(PublishPlan plan, Descriptor image, IReadOnlyList<SignedEvidence> kept, Destination destination, IToolRunner runner, AcceptedBundles accepted, string directory)
    {
        var looking = InRegistry(plan, [.. kept.Where(signed => signed.Subject == image.Digest)], destination, runner, accepted, directory);
        return plan.Verify ? new(looking, stop => destination.Evidence.ReadAsync(image, stop)) : looking;
    }

    private static bool LooksInRegistry(PublishPlan plan) => plan is { Verify: true, ToLayout: false, SignatureFormat: not SignatureFormat.Legacy };

    public void Dispose()
    {
        _stop.Cancel();
        Task.WhenAny(Task.WhenAll(Done, Sent), Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
    }
}
