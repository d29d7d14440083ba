using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>Evidence that lies in the destination is kept only where nobody else can have put it there.</summary>
public sealed class EarlierEvidenceSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Our_own_evidence_is_kept_and_that_of_another_key_is_not()
    {
        await _fixture.MakeKeyAsync("cosign");
        await _fixture.MakeKeyAsync("other");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");

        (await FindAsync(destination, image, _fixture.Settings("cosign.key")))!.ShouldHaveSingleItem().Subject.ShouldBe(image.Digest);
        (await FindAsync(destination, image, _fixture.Settings("other.key"))).ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_key_that_of_this_job_is_kept_and_that_of_another_job_or_key_is_not()
    {
        await using var sigstore = await Sigstore.StartAsync(SigningFixture.Token);
        var settings = new SigningSettings(_folder.Path) { FulcioUrl = sigstore.Url, RekorUrl = sigstore.Url, TrustedRoot = sigstore.TrustedRoot };
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token();
        using var destination = Destination();
        var image = await PublishAsync(destination, settings);

        var kept = (await FindAsync(destination, image, settings))!.ShouldHaveSingleItem();
        kept.Earlier.ShouldBeTrue();
        (await _fixture.SignerAsync(settings, [kept])).CertificateIdentity.ShouldBe(Sigstore.Subject);
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token("https://ci.example.com/team/other");
        (await FindAsync(destination, image, settings)).ShouldBeNull();
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token(issuer: "https://other.example.com");
        (await FindAsync(destination, image, settings)).ShouldBeNull();

        // Of a key: it names nobody, and a job has no key.
        await _fixture.MakeKeyAsync("cosign");
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token();
        var other = await PublishAsync(destination, _fixture.Settings("cosign.key"), "another image");
        (await FindAsync(destination, other, settings)).ShouldBeNull();
    }

    [Fact]
    public async Task What_was_looked_at_ahead_needs_no_second_process_and_what_was_changed_since_is_looked_at_again()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");
        using var accepted = new AcceptedBundles();
        await Earlier(destination, _fixture.Settings("cosign.key"), accepted)
            .LookAheadAsync(image, [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx], Identity("cosign.key"), inRegistry: false, SigningFixture.Token);
        var asked = _fixture.Runner.Invocations.Count;

        (await FindAsync(destination, image, _fixture.Settings("cosign.key"), accepted))!.ShouldHaveSingleItem();
        _fixture.Runner.Invocations.Count.ShouldBe(asked);

        // One character of the signature: the statement is still the same.
        var stored = (await new EvidenceReader().ListAsync(destination.Store, image, SigningFixture.Token)).ShouldHaveSingleItem();
        var file = _folder.File($"image/blobs/sha256/{stored.Bundle.Digest.Hex}");
        var text = File.ReadAllText(file);
        var at = text.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 20;
        File.WriteAllText(file, $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}");
        using var later = Destination();
        (await FindAsync(later, image, _fixture.Settings("cosign.key"), accepted)).ShouldBeNull();
    }

    /// <summary>Another publish of the same image may have come since; and what is kept is read back in the end, whatever was seen.</summary>
    [Fact]
    public async Task What_was_seen_is_not_read_again_but_what_was_not_there_is_looked_for()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        using var destination = Destination();
        var image = await SmallImage.WriteAsync(destination.Store, "hello");
        await Earlier(destination, settings, new AcceptedBundles()).LookAheadAsync(image, [PredicateTypes.CosignSignature], Identity("cosign.key"), inRegistry: false, SigningFixture.Token);
        destination.EvidenceSeen(image.Digest).ShouldNotBeNull().ShouldBeEmpty();

        using (var another = Destination())
            await another.Evidence.AttachAsync(image, await _fixture.SignAsync(settings, SigningFixture.Signature(image.Digest)), DateTimeOffset.UtcNow, SigningFixture.Token);

        (await FindAsync(destination, image, settings))!.ShouldHaveSingleItem();
        var seen = destination.EvidenceSeen(image.Digest).ShouldNotBeNull();
        seen.ShouldHaveSingleItem();
        (await FindAsync(destination, image, settings))!.ShouldHaveSingleItem();
        destination.EvidenceSeen(image.Digest).ShouldBeSameAs(seen);
    }

    /// <summary>The bytes that were signed are verified beside the push; the destination has only to give the same ones back.</summary>
    [Fact]
    public async Task What_was_just_signed_needs_no_process_when_it_comes_back_and_one_when_it_comes_back_changed()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        using var destination = Destination();
        using var accepted = new AcceptedBundles();
        var image = await SmallImage.WriteAsync(destination.Store, "hello");
        var made = await _fixture.SignAsync(settings, SigningFixture.Signature(image.Digest));
        await new SignatureCheck(destination, _fixture.Runner, _fixture.Cosign, settings, _fixture.Machine, _folder.File("work")) { Accepted = accepted }
            .LookAsync(made, Identity("cosign.key"), SigningFixture.Token);
        var content = File.ReadAllBytes(made[0].BundleFile);
        var signer = await new PublicKeySource(_fixture.Runner, _fixture.Cosign, settings, _fixture.Machine).GetAsync(Identity("cosign.key"), made, _folder.File("work"), SigningFixture.Token);
        var asked = _fixture.Runner.Invocations.Count;

        (await VerifyAsync(content)).Statements.ShouldHaveSingleItem();
        _fixture.Runner.Invocations.Count.ShouldBe(asked);

        // A space: the statement and its signature are the same, the bytes are not.
        (await VerifyAsync([.. content, (byte)' '])).Statements.ShouldHaveSingleItem();
        _fixture.Runner.Invocations.Count.ShouldBe(asked + 1);

        async Task<Verification> VerifyAsync(byte[] back) => await new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine) { Accepted = accepted }.VerifyAsync(
            new VerificationRequest(new ImageReference(null, "app").At(image.Digest), image.Digest, [PredicateTypes.CosignSignature], signer)
            {
                Own = made,
                Stored = [new StoredBundle(PredicateTypes.CosignSignature, back)],
                WorkDirectory = _folder.File("work"),
            },
            SigningFixture.Token);
    }

    [Fact]
    public async Task Looking_ahead_at_what_is_not_there_or_not_readable_says_nothing()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");
        var earlier = Earlier(destination, _fixture.Settings("cosign.key"), new AcceptedBundles());
        await earlier.LookAheadAsync(image with { Digest = SigningFixture.Image }, [PredicateTypes.CosignSignature], Identity("cosign.key"), inRegistry: false, SigningFixture.Token);
        File.WriteAllText(_folder.File($"image/blobs/sha256/{(await new EvidenceReader().ListAsync(destination.Store, image, SigningFixture.Token))[0].Bundle.Digest.Hex}"), "{");
        await earlier.LookAheadAsync(image, [PredicateTypes.CosignSignature], Identity("cosign.key"), inRegistry: false, SigningFixture.Token);
    }

    /// <summary>Where workflows are reused, a job's certificate names another workflow than its environment does.</summary>
    [Fact]
    public async Task What_is_added_to_kept_evidence_must_be_of_the_same_signer()
    {
        await using var sigstore = await Sigstore.StartAsync(SigningFixture.Token);
        var settings = new SigningSettings(_folder.Path) { FulcioUrl = sigstore.Url, RekorUrl = sigstore.Url, TrustedRoot = sigstore.TrustedRoot };
        var signed = new List<IReadOnlyList<SignedEvidence>>();
        foreach (var (subject, name) in new[] { (Sigstore.Subject, "first"), (Sigstore.Subject, "again"), ("https://ci.example.com/team/other", "other") })
        {
            _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token(subject);
            signed.Add(await _fixture.SignAsync(settings, SigningFixture.Signature() with { Name = name }));
        }
        using var destination = Destination();
        Task<bool> SameAsync(SigningSettings asked, int made) =>
            new EarlierEvidence(destination, _fixture.Runner, _fixture.Cosign, asked, _fixture.Machine, _folder.File("work")).IsOfOneSignerAsync(signed[0], signed[made], SigningFixture.Token);

        (await SameAsync(settings, 1)).ShouldBeTrue();
        (await SameAsync(settings, 2)).ShouldBeFalse();
        (await SameAsync(settings with { CertificateIdentityRegexp = "^https://ci\\.example\\.com/", CertificateOidcIssuer = Sigstore.Issuer }, 2)).ShouldBeTrue("the settings say who may have signed");
    }

    [Fact]
    public async Task Evidence_that_cannot_be_read_any_more_is_no_reason_to_fail()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var destination = Destination();
        var image = await PublishAsync(destination, "cosign.key");
        var stored = (await new EvidenceReader().ListAsync(destination.Store, image, SigningFixture.Token)).ShouldHaveSingleItem();
        File.Delete(_folder.File($"image/blobs/sha256/{stored.Bundle.Digest.Hex}"));

        (await FindAsync(destination, image, _fixture.Settings("cosign.key"))).ShouldBeNull();
    }

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    private Destination Destination() => new(
        new PublishPlan
        {
            ProjectFile = "/app/app.csproj",
            AssemblyName = "app",
            Version = "1.0.0",
            TargetFramework = "net10.0",
            AssetsFile = "/app/obj/project.assets.json",
            Repository = new ImageReference(null, "app"),
            Tags = [],
            OutputDirectory = _folder.Path,
            Gate = new GatePolicy(SeverityThreshold.Critical),
            TagPolicy = TagPolicy.Default,
            Signing = new SigningSettings("/app"),
        },
        _ => null,
        TimeProvider.System);

    private Task<Descriptor> PublishAsync(Destination destination, string key) => PublishAsync(destination, _fixture.Settings(key));

    private async Task<Descriptor> PublishAsync(Destination destination, SigningSettings settings, string content = "hello")
    {
        var image = await SmallImage.WriteAsync(destination.Store, content);
        var evidence = await _fixture.SignAsync(settings, SigningFixture.Signature(image.Digest));
        await new EvidenceWriter().AttachAsync(destination.Store, image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        return image;
    }

    private SigningIdentity Identity(string key) => SigningIdentity.Resolve(_fixture.Settings(key), _fixture.Machine);

    private EarlierEvidence Earlier(Destination destination, SigningSettings settings, AcceptedBundles accepted) =>
        new(destination, _fixture.Runner, _fixture.Cosign, settings, _fixture.Machine, _folder.File("work")) { Accepted = accepted };

    private Task<IReadOnlyList<SignedEvidence>?> FindAsync(Destination destination, Descriptor image, SigningSettings settings, AcceptedBundles? accepted = null)
    {
        Directory.CreateDirectory(_folder.File("bundles"));
        return Earlier(destination, settings, accepted ?? new AcceptedBundles())
            .FindAsync(image, [SigningFixture.Signature(image.Digest)], SigningIdentity.Resolve(settings, _fixture.Machine), _folder.File("bundles"), SigningFixture.Token);
    }
}
