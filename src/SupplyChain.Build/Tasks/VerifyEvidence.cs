using SupplyChain.Core.Images;
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
        var (isAttached, own) = (State.Attached.ReadOrNull() is not null, State.PlatformEvidence.Read());
        var (ahead, accepted) = (Kept.GetOrAdd(() => EvidenceAhead.None), Kept.GetOrAdd(() => new AcceptedBundles()));
        var request = new VerificationRequest(pushed.Reference, pushed.Digest, [.. Completeness.RequiredTypes(plan).Union(evidence.Select(signed => signed.PredicateType))], signer)
        {
            Own = evidence,
            Legacy = plan.SignatureFormat == SignatureFormat.Legacy,
            Access = await destination.AccessAsync(cancellationToken),
            WorkDirectory = StateDirectory,
        };
        // What was kept has been looked for since nothing more was written; for what is new cosign looks while it is read back here: for all of it, or for the signature.
        var (isNew, together) = (evidence.Any(signed => !signed.Earlier), VerificationTogether.Fits(request));
        using var looking = isNew && !together ? EvidenceAhead.InRegistry(plan, evidence, destination, runner, accepted, StateDirectory, signer) : null;
        var verifier = new Verifier(runner, cosign, Package.Machine)
        {
            Accepted = accepted,
            Ahead = ahead.Done,
            AheadInRegistry = looking?.DoneInRegistry ?? ahead.DoneInRegistry,
        };
        var listing = isNew && together ? verifier.Together.ListAsync(request, cancellationToken) : null;
        var reading = ReadBackAsync(pushed.Root);
        await Task.WhenAll(reading, listing ?? Task.CompletedTask);
        var (stored, again) = reading.Result;
        // Something was attached once more: what cosign found before is no answer to what it finds now.
        if (again)
            (verifier, listing) = (new Verifier(runner, cosign, Package.Machine), null);
        request = request with { Stored = [.. stored.Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning)], Listed = listing };
        var children = Task.WhenAll((plan.ToLayout ? [] : State.Image.Read().ListChildren()).Select(async child =>
        {
            var (with, _) = await ReadBackAsync(child);
            // The bundles at the images of the platforms are the very ones that are verified at the index, or this fails.
            await new PlatformEvidence(plan.SignatureFormat).RequireAsync(child, with, pushed, evidence, cancellationToken);
            // What is about one platform alone has signatures of its own.
            SignedEvidence[] alone = [.. own.Where(signed => signed.Subject == child.Digest)];
            if (alone.Length > 0)
                await verifier.VerifyAsync(
                    request with
                    {
                        Reference = pushed.Reference.At(child.Digest),
                        Digest = child.Digest,
                        PredicateTypes = [.. alone.Select(signed => signed.PredicateType)],
                        Own = alone,
                        Stored = [.. with.Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning)],
                        Listed = null,
                    },
                    cancellationToken);
        }));
        var verification = await verifier.VerifyAsync(request, cancellationToken);
        await children;
        State.Verification.Write(verification);
        if (verifier.Accepted.Listed.Count > 0)
            KeptAnswers.Open(cosign, State.KeptAnswersFile, plan.ScanMaximumAge, TimeProvider.System)?.Write(verifier.Accepted.Listed);

        // Only what the step before has attached is attached again: a step that was removed is not made up for.
        async Task<(IReadOnlyList<StoredBundle> Stored, bool Again)> ReadBackAsync(Descriptor subject)
        {
            if (!isAttached)
                return (await destination.Evidence.ReadAsync(subject, cancellationToken), false);
            var lost = new LostEvidence(destination.Evidence, Detail);
            var wanted = SignedEvidence.With(subject.Digest, evidence, own, pushed.Digest);
            return (await lost.ReadBackAsync(subject, wanted, Package.Now(), cancellationToken, subject.Digest == pushed.Digest ? ahead.Back : null), lost.HasAttached);
        }
    }
}
