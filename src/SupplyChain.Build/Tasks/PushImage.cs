using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// Pushes by digest, and signs at the same time: a signature needs the digest, not the registry. Both take only an image whose verdict says
/// passed. No tag is set.
/// </summary>
public sealed class PushImage : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Publish)
        {
            Say("not pushed (SupplyChainPush=false)");
            return;
        }

        var image = State.Image.Read();
        var verdict = State.Verdict.Read();
        // Signing starts beside the push, so it cannot rely on the push to refuse.
        ImagePusher.RequirePassed(image, verdict);
        // A document that was asked for and is not there is said before anything leaves this machine.
        State.RequireDocuments(plan.Attestations);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await FirstFailureStopsAll(
            stop,
            // Signing takes longest, so it begins first; on threads of their own neither waits for the other's synchronous parts.
            Task.Run(() => SignAsync(plan, image, stop.Token), stop.Token),
            Task.Run(() => PushAsync(plan, image, verdict, stop.Token), stop.Token));
    }

    private async Task PushAsync(PublishPlan plan, ImageLayout image, GateVerdict verdict, CancellationToken cancellationToken)
    {
        var store = OpenDestination(plan).Store;
        // A tag that may not be moved is said before the upload, not after it.
        await new Tagger().CheckAsync(store, image.Root.Digest, plan.Tags, plan.TagPolicy, cancellationToken);
        var pushed = State.Pushed.Write(await new ImagePusher(plan.ParallelUploads) { Say = plan.ToLayout ? _ => { } : Say, TimeLimit = plan.PushTimeLimit }.PushAsync(image, store, verdict, cancellationToken));
        var uploaded = pushed.UploadedBlobs == 0 ? "everything already there" : $"{Amounts.Count(pushed.UploadedBlobs, "blob")} uploaded ({Amounts.Size(pushed.UploadedBytes)}), {pushed.PresentBlobs} already there";
        Say(plan.ToLayout ? $"written to {Relative(plan.LayoutDirectory)}" : $"pushed by digest to {plan.Repository.Name}, {uploaded}");
    }

    private async Task SignAsync(PublishPlan plan, ImageLayout image, CancellationToken cancellationToken)
    {
        if (plan.Cosign is not { } cosign)
            return;

        var identity = SigningIdentity.Resolve(plan.Signing, Package.Machine);
        // It is forgotten when this step ends.
        using var opened = Kept.GetOrAdd(() => OpenedKey.Of(plan.Signing, identity, Package.Machine));
        await ToolsReadyAsync(cancellationToken, cosign);
        if (CosignAdvisories.Of(await Tools.ReadyAsync(cosign, cancellationToken)) is { } advisory)
            Report(advisory);
        var digest = image.Root.Digest;
        // Each statement is about the index and the images in it: one signature, found from either.
        Digest[] children = [.. image.ListChildren().Select(child => child.Digest)];
        List<StatementToSign> statements = [StatementToSign.Signature(digest, children)];
        if (plan.SignatureFormat != SignatureFormat.Bundle)
            statements.Add(LegacyForm.Signature(plan.Repository, digest));
        // The plan says what the image must carry; what a step wrote beyond that is for people only.
        foreach (var document in (State.Documents.ReadOrNull() ?? []).Where(document => plan.Attests(document.PredicateType) && !document.IsOfPlatform(image)))
            statements.Add(StatementToSign.Attestation(digest, plan.Repository.Name, document.PredicateType, await document.ReadAsync(digest, cancellationToken), platforms: children));
        List<(Descriptor Image, List<StatementToSign> Statements)> images = [(image.Root, statements), .. await OfPlatformsAsync(plan, image, cancellationToken)];
        List<StatementToSign> all = [.. images.SelectMany(one => one.Statements)];
        var runner = Runner;
        StatementSize.Require(all, plan.Signing.UsesTransparencyLog(identity.IsKeyless));
        string Attested(IReadOnlyList<StatementToSign> signed) => PredicateTypes.Summary(signed.Select(statement => statement.PredicateType)).Length > 0 ? $"; attested {PredicateTypes.Summary(signed.Select(statement => statement.PredicateType))}" : "";
        var (destination, accepted) = (OpenDestination(plan), Kept.GetOrAdd(() => new AcceptedBundles()));
        var earlier = new EarlierEvidence(destination, runner, cosign, plan.Signing, Package.Machine, StateDirectory) { Accepted = accepted };
        await Kept.GetOrAdd(() => EvidenceAhead.None).Done.WaitAsync(cancellationToken);
        var kept = new List<SignedEvidence>();
        foreach (var (about, wanted) in images)
            kept.AddRange(await earlier.FindAsync(about, wanted, identity, plan.OutputDirectory, cancellationToken) ?? []);
        destination.ForgetEvidence();
        List<StatementToSign> missing = [.. all.Where(statement => !kept.Exists(signed => signed.PredicateType == statement.PredicateType && signed.Subject == statement.Subject))];
        if (missing.Count > 0)
        {
            accepted.Forget();
            var signer = new CosignSigner(runner, cosign, plan.Signing, Package.Machine) { Opened = opened, ForOlderLayoutAlone = plan.SignatureFormat == SignatureFormat.Legacy };
            var made = await signer.SignAsync(missing, identity, plan.OutputDirectory, cancellationToken);
            if (!await earlier.IsOfOneSignerAsync(kept, made, cancellationToken))
                (kept, made, missing) = ([], await signer.SignAsync(all, identity, plan.OutputDirectory, cancellationToken), all);
            Kept.Replace(() => EvidenceAhead.OfMade(plan, made, destination, runner, accepted, StateDirectory));
            kept.AddRange(made);
        }
        else
        {
            Kept.Replace(() => EvidenceAhead.OfKept(plan, image.Root, kept, destination, runner, accepted, StateDirectory));
        }

        State.Evidence.Write([.. kept.Where(signed => signed.Subject == digest)]);
        State.PlatformEvidence.Write([.. kept.Where(signed => signed.Subject != digest)]);
        Say(missing.Count == 0
            ? $"already signed with {identity.DisplayName}{Attested(statements)}: nothing to add"
            : $"{(missing.Contains(statements[0]) ? "" : "already ")}signed with {identity.DisplayName}{Attested(missing)}");
    }

    /// <summary>What is about the image of one platform alone: its own bill of materials.</summary>
    private async Task<List<(Descriptor Image, List<StatementToSign> Statements)>> OfPlatformsAsync(PublishPlan plan, ImageLayout image, CancellationToken cancellationToken)
    {
        var found = new List<(Descriptor, List<StatementToSign>)>();
        // A folder has evidence of the index alone.
        foreach (var child in plan.ToLayout ? [] : image.ListChildren())
        {
            var statements = new List<StatementToSign>();
            foreach (var document in (State.Documents.ReadOrNull() ?? []).Where(document => plan.Attests(document.PredicateType) && document.Image == child.Digest))
            {
                statements.Add(StatementToSign.Attestation(
                    child.Digest, plan.Repository.Name, document.PredicateType, await document.ReadAsync(child.Digest, cancellationToken), Path.GetFileNameWithoutExtension(document.File)));
            }

            found.Add((child, statements));
        }

        return found;
    }

    /// <summary>When one of them fails, the other is cancelled and awaited: nothing goes on behind an error.</summary>
    private static async Task FirstFailureStopsAll(CancellationTokenSource stop, params Task[] tasks)
    {
        Task? failure = null;
        await foreach (var ended in Task.WhenEach(tasks))
        {
            if (ended.IsCompletedSuccessfully)
                continue;
            failure ??= ended;
            await stop.CancelAsync();
        }

        if (failure is not null)
            await failure;
    }
}
