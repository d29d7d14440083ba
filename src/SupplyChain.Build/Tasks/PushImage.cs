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

        // Whatever is not needed is closed when this step ends.
        using var opened = Kept.GetOrAdd(OpenedKey.None);
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
        var (identity, runner) = (SigningIdentity.Resolve(plan.Signing, Package.Machine), Runner);
        StatementSize.Require(statements, plan.Signing.UsesTransparencyLog(identity.IsKeyless));
        string Attested(IReadOnlyList<StatementToSign> signed) => PredicateTypes.Summary(signed.Select(statement => statement.PredicateType)).Length > 0 ? $"; attested {PredicateTypes.Summary(signed.Select(statement => statement.PredicateType))}" : "";
        var earlier = new EarlierEvidence(OpenDestination(plan), runner, cosign, plan.Signing, Package.Machine, StateDirectory) { Accepted = Kept.GetOrAdd(() => new AcceptedBundles()) };
        var kept = await earlier.FindAsync(image.Root, statements, identity, plan.OutputDirectory, cancellationToken) ?? [];
        List<StatementToSign> missing = [.. statements.Where(statement => kept.All(signed => signed.PredicateType != statement.PredicateType))];
        if (missing.Count == 0)
        {
            State.Evidence.Write(kept);
            Say($"already signed with {identity.DisplayName}{Attested(statements)}: nothing to add");
            return;
        }

        var signer = new CosignSigner(runner, cosign, plan.Signing, Package.Machine) { Opened = opened, ForOlderLayoutAlone = plan.SignatureFormat == SignatureFormat.Legacy };
        var made = await signer.SignAsync(missing, identity, plan.OutputDirectory, cancellationToken);
        if (!await earlier.IsOfOneSignerAsync(kept, made, cancellationToken))
            (kept, made, missing) = ([], await signer.SignAsync(statements, identity, plan.OutputDirectory, cancellationToken), statements);
        State.Evidence.Write([.. kept, .. made]);
        Say($"{(missing.Contains(statements[0]) ? "" : "already ")}signed with {identity.DisplayName}{Attested(missing)}");
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
