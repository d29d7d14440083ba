using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>Evidence in cosign's older layout, in bundles, and in both: for cosign 3, for cosign 2, and for ourselves.</summary>
[Trait("Category", "Slow")]
public sealed partial class EvidencePlaceSpecs : IAsyncLifetime
{
    private readonly SigningFixture _fixture = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private DockerRegistry _registry = null!;
    private RegistryStore _store = null!;
    private Descriptor _image = null!;

    public async ValueTask InitializeAsync()
    {
        _registry = await DockerRegistry.StartAsync(SigningFixture.Token);
        _store = SmallImage.Registry(_registry.Host, "team/hello-api", _http);
        _image = await SmallImage.WriteAsync(_store);
        await _fixture.MakeKeyAsync("cosign");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
    }

    [Theory]
    [InlineData("Bundle", "cosign")]
    [InlineData("Legacy", "cosign cosign2")]
    [InlineData("Both", "cosign cosign2")]
    public async Task Each_format_is_verified_by_those_who_know_it_and_writing_it_again_adds_nothing(string format, string verifiers)
    {
        var place = Place(Enum.Parse<SignatureFormat>(format));
        var settings = _fixture.Settings("cosign.key");
        var evidence = await SignAsync(settings, place.Format);
        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var before = (await _registry.WritesAsync(SigningFixture.Token)).Count;
        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        (await _registry.WritesAsync(SigningFixture.Token)).Count.ShouldBe(before);

        string[] stranger = ["--key", _fixture.File("cosign.pub"), "--insecure-ignore-tlog=true"];
        foreach (var program in verifiers.Split(' '))
            await ShouldVerifyAsync(program, stranger);
        var verification = await VerifyAsync(place, evidence, await _fixture.SignerAsync(settings, evidence));
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(evidence.Select(signed => signed.PredicateType));
        (await place.ReadAsync(_image, SigningFixture.Token)).Select(stored => stored.PredicateType).Order().ShouldBe(evidence.Select(signed => signed.PredicateType).Order(), "so it is recognised when the image is published again");
    }

    [Theory]
    [InlineData("Legacy")]
    [InlineData("Both")]
    public async Task Without_a_key_the_older_layout_carries_certificate_and_log_entry(string format)
    {
        await using var sigstore = await Sigstore.StartAsync(SigningFixture.Token);
        _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = Sigstore.Token();
        var place = Place(Enum.Parse<SignatureFormat>(format));
        var settings = new SigningSettings(_fixture.File(".")) { FulcioUrl = sigstore.Url, RekorUrl = sigstore.Url, TrustedRoot = sigstore.TrustedRoot };
        var evidence = await SignAsync(settings, place.Format);
        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);

        string[] stranger = ["--certificate-identity", Sigstore.Subject, "--certificate-oidc-issuer", Sigstore.Issuer, "--trusted-root", sigstore.TrustedRoot];
        await ShouldVerifyAsync("cosign", stranger);
        await ShouldVerifyAsync("cosign2", stranger[..4], sigstore.OldTrust);
        (await VerifyAsync(place, evidence, await _fixture.SignerAsync(settings, evidence))).Statements.Count.ShouldBe(3);
        (await RunAsync("cosign2", ["verify", "--certificate-identity", "https://ci.example.com/team/other", .. stranger[2..4], Reference], sigstore.OldTrust)).StandardError.ShouldContain("none of the expected identities matched");
    }

    /// <summary>Cosign 2.5 knows no statements; what it signs for the older layout is the same, and cosign 3 verifies it too.</summary>
    [Fact]
    public async Task A_cosign_before_2_6_signs_and_verifies_the_older_layout_and_nothing_else()
    {
        using var old = new SigningFixture { Cosign = new Tool("cosign", Toolchain.Require("cosign2"), "PATH") };
        old.Machine.Variables["COSIGN_PASSWORD"] = "";
        var (place, settings) = (Place(SignatureFormat.Legacy), _fixture.Settings("cosign.key"));
        var identity = SigningIdentity.Resolve(settings, old.Machine);
        var signer = new CosignSigner(old.Runner, old.Cosign, settings, old.Machine) { ForOlderLayoutAlone = true };

        var evidence = await signer.SignAsync(Statements(place.Format), identity, old.File("evidence"), SigningFixture.Token);

        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        string[] stranger = ["--key", _fixture.File("cosign.pub"), "--insecure-ignore-tlog=true"];
        await ShouldVerifyAsync("cosign2", stranger);
        await ShouldVerifyAsync("cosign", stranger);
        var expected = await new PublicKeySource(old.Runner, old.Cosign, settings, old.Machine).GetAsync(identity, evidence, old.File("work"), SigningFixture.Token);
        var verification = await old.VerifyAsync(await RequestAsync(place, evidence, expected));
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(evidence.Select(signed => signed.PredicateType));
        await _fixture.MakeKeyAsync("other");
        await Should.ThrowAsync<DiagnosticException>(async () => await old.VerifyAsync(await RequestAsync(place, evidence, expected with { Key = _fixture.File("other.pub") })));

        var refused = new CosignSigner(old.Runner, old.Cosign, settings with { RekorUrl = "https://rekor.example.com" }, old.Machine) { ForOlderLayoutAlone = true };
        (await Should.ThrowAsync<DiagnosticException>(() => refused.SignAsync(Statements(place.Format), identity, old.File("evidence"), SigningFixture.Token)))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolUnusable);
    }

    /// <summary>Nothing was written since cosign found it there by itself: the registry has only to give the very same bytes back.</summary>
    [Fact]
    public async Task A_signature_that_cosign_has_found_in_the_registry_is_not_looked_for_twice_unless_anything_is_different()
    {
        var place = Place(SignatureFormat.Bundle);
        var settings = _fixture.Settings("cosign.key");
        var evidence = await SignAsync(settings, place.Format);
        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var request = (await RequestAsync(place, evidence, await _fixture.SignerAsync(settings, evidence))) with { PredicateTypes = [PredicateTypes.CosignSignature] };
        using var accepted = new AcceptedBundles();
        var signature = request.Stored.Single(stored => stored.PredicateType == PredicateTypes.CosignSignature);

        (await AskedAsync(request)).ShouldBe(1);
        (await AskedAsync(request)).ShouldBe(0);
        (await AskedAsync(request with { Stored = [Followed(' ')] })).ShouldBe(1, "other bytes");
        (await AskedAsync(request with { Stored = [signature, Followed('\n')] })).ShouldBe(1, "two that say the same: which one cosign has accepted is not known");
        (await AskedAsync(request with { Stored = [.. request.Stored.Where(stored => stored != signature)] })).ShouldBe(1, "the registry did not give it back");

        StoredBundle Followed(char space) => new(signature.PredicateType, (byte[])[.. signature.Content.Span, (byte)space]);

        async Task<int> AskedAsync(VerificationRequest asked)
        {
            var before = _fixture.Runner.Invocations.Count;
            (await new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine) { Accepted = accepted }.VerifyAsync(asked, SigningFixture.Token)).Statements.ShouldHaveSingleItem();
            return _fixture.Runner.Invocations.Count - before;
        }
    }

    [Fact]
    public async Task The_older_layout_of_another_key_is_refused()
    {
        await _fixture.MakeKeyAsync("mallory");
        var place = Place(SignatureFormat.Legacy);
        await place.AttachAsync(_image, await SignAsync(_fixture.Settings("mallory.key"), place.Format), DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var evidence = await SignAsync(_fixture.Settings("cosign.key"), place.Format);

        var error = await Should.ThrowAsync<DiagnosticException>(async () => await VerifyAsync(place, evidence, await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence)));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
    }

    [Fact]
    public async Task Evidence_of_an_image_may_lie_in_another_repository()
    {
        var elsewhere = SmallImage.Registry(_registry.Host, "signatures", _http);
        var place = new EvidencePlace(elsewhere, SignatureFormat.Both, TimeProvider.System) { ImageRepository = _store.Repository };
        var evidence = await SignAsync(_fixture.Settings("cosign.key"), place.Format);
        await place.AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);

        string[] verify = ["verify", "--key", _fixture.File("cosign.pub"), "--insecure-ignore-tlog=true", Reference];
        foreach (var program in new[] { "cosign", "cosign2" })
        {
            (await RunAsync(program, verify)).ExitCode.ShouldNotBe(0, "it is not beside the image");
            (await RunAsync(program, verify, (EvidencePlace.RepositoryVariable, $"{_registry.Host}/signatures"))).ExitCode.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData("Bundle")]
    [InlineData("Legacy")]
    [InlineData("Both")]
    public async Task Our_own_evidence_is_recognised_in_each_format_and_that_of_another_key_is_not(string format)
    {
        var place = Place(Enum.Parse<SignatureFormat>(format));
        await place.AttachAsync(_image, await SignAsync(_fixture.Settings("cosign.key"), place.Format), DateTimeOffset.UnixEpoch, SigningFixture.Token);
        using var destination = new Destination(
            new PublishPlan
            {
                ProjectFile = "/app/app.csproj",
                AssemblyName = "app",
                Version = "1.0.0",
                TargetFramework = "net10.0",
                AssetsFile = "/app/obj/project.assets.json",
                Repository = _store.Repository,
                Tags = [],
                OutputDirectory = _fixture.File("out"),
                Gate = new Core.Gating.GatePolicy(Core.Gating.SeverityThreshold.Critical),
                TagPolicy = TagPolicy.Default,
                Signing = new SigningSettings("/app"),
                SignatureFormat = place.Format,
            },
            _ => null,
            TimeProvider.System);

        (await FindAsync("cosign.key"))!.Count.ShouldBe(place.Format == SignatureFormat.Bundle ? 2 : 3);
        await _fixture.MakeKeyAsync("other");
        (await FindAsync("other.key")).ShouldBeNull();

        Task<IReadOnlyList<SignedEvidence>?> FindAsync(string key)
        {
            var settings = _fixture.Settings(key);
            return new EarlierEvidence(destination, _fixture.Runner, _fixture.Cosign, settings, _fixture.Machine, _fixture.File("work")).FindAsync(
                _image, Statements(place.Format), SigningIdentity.Resolve(settings, _fixture.Machine), Directory.CreateDirectory(_fixture.File("found")).FullName, SigningFixture.Token);
        }
    }

    [Theory]
    [InlineData("signatures")]
    [InlineData("registry.example.com/signatures:latest")]
    [InlineData("https://registry.example.com/signatures")]
    public void A_repository_for_evidence_that_is_none_is_refused_before_the_build(string text) =>
        Should.Throw<DiagnosticException>(() => EvidencePlace.Repository(_ => text)).Diagnostic.Code.ShouldBe(DiagnosticCodes.RegistryNameUnusable);

    private string Reference => _store.Repository.At(_image.Digest).ToString();

    private EvidencePlace Place(SignatureFormat format) => new(_store, format, TimeProvider.System);

    private Task<IReadOnlyList<SignedEvidence>> SignAsync(SigningSettings settings, SignatureFormat format) => _fixture.SignAsync(settings, Statements(format));

    private StatementToSign[] Statements(SignatureFormat format) =>
    [
        SigningFixture.Signature(_image.Digest),
        .. format == SignatureFormat.Bundle ? Array.Empty<StatementToSign>() : [LegacyForm.Signature(_store.Repository, _image.Digest)],
        SigningFixture.SbomOf(_image.Digest, _store.Repository.Name),
    ];

    private async Task<Verification> VerifyAsync(EvidencePlace place, IReadOnlyList<SignedEvidence> evidence, ExpectedSigner signer) =>
        await _fixture.VerifyAsync(await RequestAsync(place, evidence, signer));

    private async Task<VerificationRequest> RequestAsync(EvidencePlace place, IReadOnlyList<SignedEvidence> evidence, ExpectedSigner signer) =>
        new(_store.Repository.At(_image.Digest), _image.Digest, [.. evidence.Select(signed => signed.PredicateType)], signer)
        {
            Own = evidence,
            Stored = [.. (await place.ReadAsync(_image, SigningFixture.Token)).Where(stored => stored.PredicateType != PredicateTypes.SimpleSigning)],
            Legacy = place.Format == SignatureFormat.Legacy,
            WorkDirectory = _fixture.File("work"),
        };

    private async Task ShouldVerifyAsync(string program, string[] stranger, params (string Name, string Value)[] variables)
    {
        (await RunAsync(program, ["verify", .. stranger, Reference], variables)).ExitCode.ShouldBe(0, program);
        (await RunAsync(program, ["verify-attestation", "--type", "cyclonedx", .. stranger, Reference], variables)).ExitCode.ShouldBe(0, program);
    }

    private async Task<ToolResult> RunAsync(string program, IReadOnlyList<string> arguments, params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "" };
        foreach (var (name, value) in variables)
            environment[name] = value;
        var result = await _fixture.Runner.RunAsync(new ToolInvocation(new Tool(program, Toolchain.Require(program), "PATH"), arguments) { Environment = environment }, SigningFixture.Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"{program} {arguments[0]}: {result.ExitCode} {result.StandardError}");
        return result;
    }
}
