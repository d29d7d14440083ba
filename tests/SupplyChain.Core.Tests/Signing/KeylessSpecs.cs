using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Verifying;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>Signing without a key, for real: cosign, Fulcio with its log, Rekor, a registry; all on this machine.</summary>
[Trait("Category", "Slow")]
public sealed class KeylessSpecs : IAsyncLifetime
{
    private static readonly string[] Both = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];

    private readonly SigningFixture _fixture = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private Sigstore _sigstore = null!;
    private DockerRegistry _registry = null!;
    private RegistryStore _store = null!;
    private Descriptor _image = null!;

    public async ValueTask InitializeAsync()
    {
        _sigstore = await Sigstore.StartAsync(SigningFixture.Token);
        _registry = await DockerRegistry.StartAsync(SigningFixture.Token);
        _store = SmallImage.Registry(_registry.Host, "team/hello-api", _http);
        _image = await SmallImage.WriteAsync(_store);
        LogIn(Sigstore.Token());
    }

    public async ValueTask DisposeAsync()
    {
        await _sigstore.DisposeAsync();
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Evidence_of_this_jobs_identity_verifies_from_the_registry()
    {
        var evidence = await PublishAsync(Private());
        var signer = await _fixture.SignerAsync(Private(), evidence);
        var verification = await VerifyAsync(Private(), evidence, signer);

        signer.DisplayName.ShouldBe("https://ci.example.com/team/app (https://issuer.example.com)");
        (signer.CertificateIdentity, signer.CertificateOidcIssuer, signer.RequireTransparencyLog).ShouldBe((Sigstore.Subject, Sigstore.Issuer, true));
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(Both);
        (await Bundle.ReadAsync(evidence[0].BundleFile, SigningFixture.Token)).LogEntries.ShouldBe(1);
        var image = await ExamineAsync(signer);
        StatementSummary.Lines(image).ElementAt(1).ShouldMatch("^signed      https://ci\\.example\\.com/team/app \\(https://issuer\\.example\\.com\\); 20[0-9-]+ [0-9:]+ UTC, log entry [0-9]+$");
        _sigstore.Requests.ShouldBe(
            ["POST /api/v2/signingCert 200", "POST /api/v2/signingCert 200", "POST /api/v1/log/entries 201", "POST /api/v1/log/entries 201"], ignoreOrder: true);
        _fixture.Runner.Invocations.ShouldAllBe(invocation => !string.Join(' ', invocation.Arguments).Contains(_fixture.Machine.Variables["SIGSTORE_ID_TOKEN"]));
    }

    [Fact]
    public async Task The_services_can_come_from_a_signing_config()
    {
        var settings = new SigningSettings(_fixture.File(".")) { SigningConfig = _sigstore.SigningConfig, TrustedRoot = _sigstore.TrustedRoot };
        var evidence = await PublishAsync(settings);

        (await VerifyAsync(settings, evidence, await _fixture.SignerAsync(settings, evidence))).Statements.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_timestamp_takes_the_place_of_the_log_and_evidence_without_one_is_refused()
    {
        var settings = Private() with { RekorUrl = null, TransparencyLog = TransparencyLog.False, TimestampServerUrl = _sigstore.TimestampUrl };
        var evidence = await PublishAsync(settings);
        var signer = await _fixture.SignerAsync(settings, evidence);

        (signer.RequireTimestamp, signer.RequireTransparencyLog).ShouldBe((true, false));
        (await VerifyAsync(settings, evidence, signer)).Statements.Count.ShouldBe(2);
        var bundle = await Bundle.ReadAsync(evidence[0].BundleFile, SigningFixture.Token);
        (bundle.Timestamps, bundle.NeedsTimestamp, bundle.LogEntries).ShouldBe((1, true, 0));
        _sigstore.Requests.Count(request => request == "POST /api/v1/timestamp 201").ShouldBe(2);
        _sigstore.Requests.ShouldNotContain(request => request.Contains("/log/"));
        // A stranger, with other words: the bundle itself says that there is no log.
        var image = await ExamineAsync(signer with { RequireTimestamp = false });
        image.Statements.Count.ShouldBe(2);
        StatementSummary.Lines(image).ElementAt(1).ShouldMatch("^signed      https://ci\\.example\\.com/team/app .*; 20[0-9-]+ [0-9:]+ UTC by a timestamp server, in no transparency log$");
        _fixture.Runner.Invocations.Last().Arguments.ShouldContain("--use-signed-timestamps");

        await using var another = await Sigstore.StartAsync(SigningFixture.Token);
        (await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(settings, evidence, signer with { TrustedRoot = another.TrustedRoot }))).Message.ShouldContain("SupplyChainTrustedRoot");
        _image = await SmallImage.WriteAsync(_store, "without a timestamp");
        evidence = await PublishAsync(settings with { TimestampServerUrl = null });
        (await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(settings, evidence, signer))).Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
    }

    [Fact]
    public async Task What_a_key_has_signed_can_be_timestamped_too()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key") with { TimestampServerUrl = _sigstore.TimestampUrl, TrustedRoot = _sigstore.TrustedRoot };
        var evidence = await PublishAsync(settings);
        var signer = await _fixture.SignerAsync(settings, evidence);

        signer.RequireTimestamp.ShouldBeTrue();
        (await VerifyAsync(settings, evidence, signer)).Statements.Count.ShouldBe(2);
        _sigstore.Requests.ShouldBe(["POST /api/v1/timestamp 201", "POST /api/v1/timestamp 201"]);
        _image = await SmallImage.WriteAsync(_store, "without a timestamp");
        evidence = await PublishAsync(_fixture.Settings("cosign.key"));
        await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(settings, evidence, signer));
    }

    [Theory]
    [InlineData("https://ci.example.com/team/other", Sigstore.Issuer)]
    [InlineData(Sigstore.Subject, "https://other.example.com")]
    [InlineData("https://ci.example.com/team/ap", Sigstore.Issuer)]
    public async Task Another_identity_or_issuer_is_refused(string identity, string issuer)
    {
        var evidence = await PublishAsync(Private());
        var asked = Private() with { CertificateIdentity = identity, CertificateOidcIssuer = issuer };

        var error = await Should.ThrowAsync<DiagnosticException>(async () => await VerifyAsync(asked, evidence, await _fixture.SignerAsync(asked, evidence)));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        error.Message.ShouldContain($"could not be verified with {identity} ({issuer})");
    }

    [Theory]
    [InlineData("^https://ci\\.example\\.com/team/", "^https://issuer\\.example\\.com$", true)]
    [InlineData("^https://ci\\.example\\.com/payments/", "^https://issuer\\.example\\.com$", false)]
    [InlineData("^https://ci\\.example\\.com/team/", "^https://token\\.", false)]
    public async Task Identity_and_issuer_may_be_regular_expressions(string identity, string issuer, bool accepted)
    {
        var evidence = await PublishAsync(Private());
        var asked = Private() with { CertificateIdentityRegexp = identity, CertificateOidcIssuerRegexp = issuer };
        var signer = await _fixture.SignerAsync(asked, evidence);

        if (accepted)
            (await VerifyAsync(asked, evidence, signer)).Statements.Count.ShouldBe(2);
        else
            await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(asked, evidence, signer));
    }

    /// <summary>Whoever answers for Fulcio decides what the certificate says: our own bundle must not tell us who we are.</summary>
    [Fact]
    public async Task A_certificate_of_another_one_than_this_job_is_refused_before_anything_is_verified()
    {
        var evidence = await PublishAsync(Private());
        LogIn(Sigstore.Token("https://ci.example.com/team/this-job"));

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.SignerAsync(Private(), evidence));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.CertificateOfAnother);
        error.Message.ShouldStartWith("the certificate was made for https://ci.example.com/team/app by https://issuer.example.com, and this job is https://ci.example.com/team/this-job of https://issuer.example.com.");
    }

    [Fact]
    public async Task The_issuer_that_is_not_named_is_this_jobs_and_not_the_certificates()
    {
        var evidence = await PublishAsync(Private());
        LogIn(Sigstore.Token(issuer: "https://another-issuer.example.com"));
        var asked = Private() with { CertificateIdentity = Sigstore.Subject };

        var signer = await _fixture.SignerAsync(asked, evidence);

        signer.CertificateOidcIssuer.ShouldBe("https://another-issuer.example.com");
        await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(asked, evidence, signer));
    }

    [Fact]
    public async Task Without_a_trusted_root_of_its_own_nothing_of_a_private_Sigstore_is_believed()
    {
        await using var another = await Sigstore.StartAsync(SigningFixture.Token);
        var evidence = await PublishAsync(Private());
        var signer = await _fixture.SignerAsync(Private(), evidence);

        var error = await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(Private(), evidence, signer with { TrustedRoot = another.TrustedRoot }));

        error.Message.ShouldContain("SupplyChainTrustedRoot");
    }

    [Fact]
    public async Task A_service_that_refuses_is_named_in_words_and_nothing_is_signed()
    {
        LogIn("eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
        var error = await Should.ThrowAsync<DiagnosticException>(() => PublishAsync(Private()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningFailed);
        error.Message.ShouldNotContain("eyJhbGciOiJSUzI1NiJ9");
        Directory.GetFiles(_fixture.File("evidence")).ShouldBeEmpty();
    }

    private Task<ExaminedImage> ExamineAsync(ExpectedSigner signer) => new ImageExaminer(new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine)).ExamineAsync(
        _store, new ExaminationRequest(_store.Repository.At(_image.Digest), signer, [PredicateTypes.CycloneDx], new RegistryAccess(), _fixture.File("work")), SigningFixture.Token);

    private void LogIn(string token) => _fixture.Machine.Variables["SIGSTORE_ID_TOKEN"] = token;

    private SigningSettings Private() => new(_fixture.File(".")) { FulcioUrl = _sigstore.Url, RekorUrl = _sigstore.Url, TrustedRoot = _sigstore.TrustedRoot };

    private async Task<IReadOnlyList<SignedEvidence>> PublishAsync(SigningSettings settings)
    {
        var evidence = await _fixture.SignAsync(settings, SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest, _store.Repository.Name));
        await new EvidenceWriter().AttachAsync(_store, _image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        return evidence;
    }

    private Task<Verification> VerifyAsync(SigningSettings settings, IReadOnlyList<SignedEvidence> evidence, ExpectedSigner signer) => _fixture.VerifyAsync(
        new VerificationRequest(_store.Repository.At(_image.Digest), _image.Digest, Both, signer) { Own = evidence, WorkDirectory = _fixture.File("work") });
}
