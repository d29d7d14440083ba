using SupplyChain.Core.Signing;

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
        var (place, evidence, own, now) = (OpenDestination(plan).Evidence, State.Evidence.Read(), State.PlatformEvidence.Read(), Package.Now());
        var all = new List<string>();
        // Otherwise what is on its way would be sent a second time.
        await Kept.GetOrAdd(() => EvidenceAhead.None).Sent.WaitAsync(cancellationToken);
        // The images of the platforms first, so that an index with evidence never has one without. A folder lists what it holds for everybody who reads it,
        // and nobody resolves an index there: it has the index alone.
        foreach (var subject in (plan.ToLayout ? [] : State.Image.Read().ListChildren()).Append(pushed.Root))
        {
            var wanted = SignedEvidence.With(subject.Digest, evidence, own, pushed.Digest);
            // It was found there a moment ago. The next step reads all of it back, and what has gone since is attached again.
            if (plan is { Verify: true, SignatureFormat: SignatureFormat.Bundle } && subject.Digest == pushed.Digest && wanted.All(signed => signed.Earlier))
                continue;
            // Something may be added: what was found there before no longer counts.
            if (subject.Digest == pushed.Digest && wanted.All(signed => signed.Earlier))
                Kept.Replace(() => new AcceptedBundles());
            foreach (var attached in await place.AttachAsync(subject, wanted, now, cancellationToken))
            {
                all.Add(attached);
                Detail($"attached {attached} to {pushed.Reference.At(subject.Digest)} in {place.Store.Repository.Name}");
            }
        }

        State.Attached.Write(all);
    }
}
