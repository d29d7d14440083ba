using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>scanned == pushed == signed == verified, or no tag.</summary>
public sealed class CompletenessSpecs
{
    private static readonly Digest This = Digest.Of("this"u8);
    private static readonly Digest Other = Digest.Of("other"u8);

    private static PublishPlan Plan => new()
    {
        ProjectFile = "/app/app.csproj",
        AssemblyName = "app",
        Version = "1.0.0",
        TargetFramework = "net10.0",
        AssetsFile = "/app/obj/project.assets.json",
        Repository = new ImageReference("registry.example.com", "app"),
        Tags = ["1.0"],
        OutputDirectory = "/app/out",
        Gate = new GatePolicy(SeverityThreshold.Critical),
        TagPolicy = TagPolicy.Default,
        Signing = new SigningSettings("/app"),
        Attestations = [PredicateTypes.CycloneDx],
        Publish = true,
        Sign = true,
        Verify = true,
    };

    [Fact]
    public void Complete_evidence_about_one_image_lets_the_tag_be_set() => Require();

    [Fact]
    public void A_missing_verdict_means_no_tag() => Refused(() => Require(verdict: _ => null)).ShouldContain("the gate's verdict is missing");

    [Fact]
    public void A_verdict_about_another_image_means_no_tag() => Refused(() => Require(verdict: v => v with { Image = Other })).ShouldContain(Other.Short);

    [Fact]
    public void A_verdict_that_did_not_pass_means_no_tag() => Refused(() => Require(verdict: v => v with { Passed = false })).ShouldContain("has not passed");

    [Fact]
    public void Another_pushed_image_means_no_tag() => Refused(() => Require(pushed: Other)).ShouldContain("the pushed image");

    [Fact]
    public void An_image_that_went_to_another_destination_means_no_tag() =>
        Refused(() => Require(repository: new ImageReference("other.example.com", "app"))).ShouldContain("the pushed image is other.example.com/app@");

    [Fact]
    public void A_missing_signature_means_no_tag() => Refused(() => Require(evidence: e => [.. e.Skip(1)])).ShouldContain("the image signature is missing");

    [Fact]
    public void A_missing_attestation_means_no_tag() => Refused(() => Require(evidence: e => [.. e.Take(1)])).ShouldContain("the CycloneDX SBOM is missing");

    [Fact]
    public void Evidence_about_another_image_means_no_tag() => Refused(() => Require(evidence: e => [e[0] with { Subject = Other }, e[1]])).ShouldContain(Other.Short);

    [Fact]
    public void No_verification_means_no_tag() => Refused(() => Require(verification: _ => null)).ShouldContain("the verification");

    [Fact]
    public void A_verification_of_the_signature_alone_means_no_tag() =>
        Refused(() => Require(verification: v => v with { Statements = [v.Statements[0]] })).ShouldContain("the verification of the CycloneDX SBOM");

    [Fact]
    public void A_verification_of_another_image_means_no_tag() => Refused(() => Require(verification: v => v with { Image = Other })).ShouldContain(Other.Short);

    private static string Refused(Action action)
    {
        var diagnostic = Should.Throw<DiagnosticException>(action).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.EvidenceIncomplete);
        diagnostic.Message.ShouldContain("gets no tag");
        return diagnostic.Message;
    }

    private static void Require(
        Func<GateVerdict, GateVerdict?>? verdict = null,
        Digest? pushed = null,
        ImageReference? repository = null,
        Func<IReadOnlyList<SignedEvidence>, IReadOnlyList<SignedEvidence>>? evidence = null,
        Func<Verification, Verification?>? verification = null)
    {
        var root = new Descriptor(MediaTypes.OciManifest, This, 7);
        var signed = new SignedEvidence[] { new(This, PredicateTypes.CosignSignature, "/a"), new(This, PredicateTypes.CycloneDx, "/b") };
        var verified = new Verification(This, "r", "key", [new(PredicateTypes.CosignSignature, Other), new(PredicateTypes.CycloneDx, Other)], DateTimeOffset.UnixEpoch);
        var passed = new GateVerdict(This, true, [], "passed");
        Completeness.Require(
            Plan,
            new ImageLayout("/layout", root, []),
            verdict is null ? passed : verdict(passed),
            new PushedImage((repository ?? Plan.Repository).At(pushed ?? This), root with { Digest = pushed ?? This }, 0, 0, 0),
            evidence is null ? signed : evidence(signed),
            verification is null ? verified : verification(verified));
    }
}
