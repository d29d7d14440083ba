using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;

namespace SupplyChain.Build.Tasks;

/// <summary>Reads signature and attestations back from the destination and has cosign verify them, as a stranger would.</summary>
public sealed class VerifyEvidence : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Publish || !plan.Verify || plan.Cosign is not { } cosign)
            return;

        var (pushed, evidence, runner) = (State.Pushed.Read(), State.Evidence.Read(), Runner);
        var destination = OpenDestination(plan);
        var identity = SigningIdentity.Resolve(plan.Signing, Package.Machine);
        var signer = await new PublicKeySource(runner, cosign, plan.Signing, Package.Machine).GetAsync(identity, evidence, StateDirectory, cancellationToken);
        // Only what the step before has attached is attached again: a step that was removed is not made up for.
        var stored = State.Attached.ReadOrNull() is null
            ? await destination.Evidence.ReadAsync(pushed.Root, cancellationToken)
            : await new LostEvidence(destination.Evidence, Detail).ReadBackAsync(pushed.Root, evidence, Package.Now(), cancellationToken);
        var request = new VerificationRequest(pushed.Reference, pushed.Digest, [.. Completeness.RequiredTypes(plan).Union(evidence.Select(signed => signed.PredicateType))], signer)
        {
            Own = evidence,
            Stored = [.. stored.Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning)],
            Legacy = plan.SignatureFormat == SignatureFormat.Legacy,
            Access = await destination.AccessAsync(cancellationToken),
            WorkDirectory = StateDirectory,
        };
        // The bundles at the images of the platforms are the very ones that are verified at the index, or this fails.
        var children = Task.WhenAll((plan.ToLayout ? [] : State.Image.Read().ListChildren()).Select(child => new PlatformEvidence(destination.Evidence).RequireAsync(child, pushed, evidence, cancellationToken)));
        var verifier = new Verifier(runner, cosign, Package.Machine) { Accepted = Kept.GetOrAdd(() => new AcceptedBundles()) };
        // What is about one platform alone has signatures of its own.
        var own = Task.WhenAll(State.PlatformEvidence.Read().GroupBy(signed => signed.Subject).Select(async signed =>
        {
            var child = State.Image.Read().ListChildren().Single(one => one.Digest == signed.Key);
            return await verifier.VerifyAsync(
                request with
                {
                    Reference = pushed.Reference.At(child.Digest),
                    Digest = child.Digest,
                    PredicateTypes = [.. signed.Select(one => one.PredicateType)],
                    Own = [.. signed],
                    Stored = [.. (await destination.Evidence.ReadAsync(child, cancellationToken)).Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning)],
                },
                cancellationToken);
        }));
        var verification = await verifier.VerifyAsync(request, cancellationToken);
        await Task.WhenAll(children, own);
        State.Verification.Write(verification);
    }
}
