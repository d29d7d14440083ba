using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// The invariant, asserted in the last moment before a tag is set: scanned == pushed == signed == verified. Steps that were taken out of the
/// list, or that wrote about another image, are found here.
/// </summary>
internal static class Completeness
{
    /// <param name="evidence">Null when nothing was signed.</param>
    /// <param name="verification">Null when nothing was verified.</param>
    /// <exception cref="DiagnosticException">SCB5802: names what is missing, or what is about another image.</exception>
    public static void Require(
        PublishPlan plan,
        ImageLayout image,
        GateVerdict? verdict,
        PushedImage pushed,
        IReadOnlyList<SignedEvidence>? evidence,
        Verification? verification)
    {
        var digest = image.Root.Digest;
        Same("the pushed image", pushed.Digest);
        if (pushed.Reference != plan.Repository.At(digest))
            throw Incomplete($"the pushed image is {pushed.Reference}");
        Same("the gate's verdict", verdict?.Image);
        if (!verdict!.Passed)
            throw Incomplete("the gate has not passed");
        if (!plan.Sign)
            return;

        foreach (var type in RequiredTypes(plan).Union((evidence ?? []).Select(signed => signed.PredicateType)))
        {
            Same(PredicateTypes.Describe(type), evidence?.FirstOrDefault(signed => signed.PredicateType == type)?.Subject);
            if (plan.Verify)
                Same($"the verification of {PredicateTypes.Describe(type)}", verification?.Statements.Any(statement => statement.PredicateType == type) == true ? verification.Image : null);
        }

        void Same(string what, Digest? actual)
        {
            if (actual is not { IsSet: true } found)
                throw Incomplete($"{what} is missing");
            if (found != digest)
                throw Incomplete($"{what} is about {found.Short}");
        }

        DiagnosticException Incomplete(string what) => new(
            DiagnosticCodes.EvidenceIncomplete,
            $"{plan.Repository.Name}@{digest} gets no tag: {what}. Publish again; if SupplyChainPublishDependsOn has been changed, put its steps back.");
    }

    /// <summary>What a signed image must carry.</summary>
    public static IReadOnlyList<string> RequiredTypes(PublishPlan plan) =>
        [PredicateTypes.CosignSignature, .. plan.SignatureFormat == SignatureFormat.Bundle ? Array.Empty<string>() : [PredicateTypes.SimpleSigning], .. plan.Attestations];
}
