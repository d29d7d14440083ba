using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Verifying;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Verifying;

/// <summary>Images of any origin: ours, those of cosign 3 and of cosign 2.</summary>
[Trait("Category", "Slow")]
public sealed class ImageExaminerSpecs : IAsyncLifetime
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
        await _store.SetTagAsync("1.4.0", _image, SigningFixture.Token);
        await _fixture.MakeKeyAsync("cosign");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Everything_that_we_attest_is_listed_with_what_it_says_and_who_signed_it()
    {
        await AttachAsync("cosign.key", SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest), Scan(), Provenance());

        var image = await ExamineAsync([PredicateTypes.CycloneDx, PredicateTypes.Vulnerabilities, PredicateTypes.Provenance]);

        var key = "key cosign.pub (SHA256:";
        var lines = StatementSummary.Lines(image).ToList();
        lines[0].ShouldBe($"{_registry.Host}/team/hello-api@{_image.Digest}");
        lines[1].ShouldStartWith($"signed      {key}");
        lines[1].ShouldEndWith("; in no transparency log");
        lines[2].ShouldStartWith($"SBOM        CycloneDX 1.6, 1 components; by {key}");
        lines[3].ShouldStartWith("scan        1 critical, 0 high, 0 lower (trivy 0.74.0, database of 2026-11-22T00:00:00Z); by key");
        lines[4].ShouldStartWith($"provenance  of an unknown source, built by {CiBuild.LocalBuilder}; by key");
    }

    [Theory]
    [InlineData(SeverityThreshold.High, false, null, "1 at or above SupplyChainVerificationThreshold High: CVE-1 (Critical) in libfoo 1.0")]
    [InlineData(SeverityThreshold.High, true, null, null)]
    [InlineData(SeverityThreshold.None, false, "https://github.com/actions/runner/*", "its provenance names the builder")]
    [InlineData(SeverityThreshold.None, false, "https://github.com/*#local", null)]
    public async Task What_is_signed_must_also_be_good_enough(SeverityThreshold threshold, bool ignoreUnfixed, string? builder, string? reason)
    {
        await AttachAsync("cosign.key", SigningFixture.Signature(_image.Digest), Scan(), Provenance());
        var image = await ExamineAsync([]);
        var policy = new VerificationPolicy(threshold, ignoreUnfixed, builder);

        if (reason is null)
        {
            policy.Require(image);
            return;
        }
        var error = Should.Throw<DiagnosticException>(() => policy.Require(image));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.PolicyNotMet);
        error.Message.ShouldContain(reason);
    }

    [Fact]
    public async Task A_policy_about_something_that_is_not_attested_refuses()
    {
        await AttachAsync("cosign.key", SigningFixture.Signature(_image.Digest));
        var image = await ExamineAsync([]);

        Should.Throw<DiagnosticException>(() => new VerificationPolicy(SeverityThreshold.Critical, false, "*").Require(image)).Message
            .ShouldContain("the scan result is not there, or not of the expected signer; the provenance is not there");
    }

    [Fact]
    public async Task An_attestation_of_another_key_counts_for_nothing_and_is_named()
    {
        await _fixture.MakeKeyAsync("mallory");
        await AttachAsync("cosign.key", SigningFixture.Signature(_image.Digest));
        await AttachAsync("mallory.key", SigningFixture.SbomOf(_image.Digest));

        var image = await ExamineAsync([]);
        image.Refused.ShouldBe([PredicateTypes.CycloneDx]);
        StatementSummary.Lines(image).Last().ShouldContain("it counts for nothing");
        (await RefusedAsync([PredicateTypes.CycloneDx])).ShouldContain("the CycloneDX SBOM");
    }

    [Fact]
    public async Task Each_statement_must_be_of_one_of_those_who_may_have_signed()
    {
        await _fixture.MakeKeyAsync("security");
        await _fixture.MakeKeyAsync("mallory");
        await AttachAsync("cosign.key", SigningFixture.Signature(_image.Digest));
        await AttachAsync("security.key", SigningFixture.SbomOf(_image.Digest));

        var image = await ExamineAsync([PredicateTypes.CycloneDx], key: "cosign.pub;security.pub");
        image.Statements.Select(statement => Path.GetFileName(statement.SignedBy.Split(' ')[1])).ShouldBe(["cosign.pub", "security.pub"]);
        var reason = await RefusedAsync([PredicateTypes.CycloneDx], "cosign.pub;mallory.pub");
        reason.ShouldStartWith("none of the 2 that may have signed has.");
        reason.ShouldContain("the CycloneDX SBOM");
    }

    [Fact]
    public async Task A_signature_of_the_older_layout_may_be_of_one_of_several_too()
    {
        await _fixture.MakeKeyAsync("other");
        var settings = _fixture.Settings("cosign.key");
        var evidence = await _fixture.SignAsync(settings, SigningFixture.Signature(_image.Digest), LegacyForm.Signature(_store.Repository, _image.Digest));
        await new EvidencePlace(_store, SignatureFormat.Legacy, TimeProvider.System).AttachAsync(_image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);

        (await ExamineAsync([], key: "other.pub;cosign.pub")).Statements[0].SignedBy.ShouldContain("cosign.pub");
    }

    [Fact]
    public async Task A_lone_SBOM_is_no_signature_and_a_missing_tag_no_image()
    {
        await AttachAsync("cosign.key", SigningFixture.SbomOf(_image.Digest));

        (await RefusedAsync([])).ShouldContain("the image signature");
        (await Should.ThrowAsync<DiagnosticException>(() => ExamineAsync([], _store.Repository with { Tag = "none" }))).Message.ShouldContain("has no tag none");
        (await Should.ThrowAsync<DiagnosticException>(() => ExamineAsync([], _store.Repository.At(Digest.Of("x"u8))))).Message.ShouldContain("has no image");
    }

    [Theory]
    [InlineData("cosign")]
    [InlineData("cosign2")]
    public async Task What_cosign_itself_signed_and_attested_verifies(string program)
    {
        var reference = _store.Repository.At(_image.Digest).ToString();
        await File.WriteAllBytesAsync(_fixture.File("sbom.json"), SigningFixture.Sbom, SigningFixture.Token);
        string[] offline = program == "cosign" ? ["--use-signing-config=false", "--tlog-upload=false", "--yes"] : ["--tlog-upload=false", "--yes"];
        await RunAsync(program, ["sign", "--key", _fixture.File("cosign.key"), .. offline, reference]);
        await RunAsync(program, ["attest", "--key", _fixture.File("cosign.key"), "--type", "cyclonedx", "--predicate", _fixture.File("sbom.json"), .. offline, reference]);

        var image = await ExamineAsync([PredicateTypes.CycloneDx]);

        image.Statements.Select(statement => statement.PredicateType).ShouldBe([PredicateTypes.CosignSignature, PredicateTypes.CycloneDx]);
        var document = SbomTable.Document(image.Find(PredicateTypes.CycloneDx)!.Content);
        SbomTable.Lines(document).ShouldBe(["name  version  licence", "Ä<b>  1.0"]);
        await _fixture.MakeKeyAsync("other");
        (await RefusedAsync([], "other.pub")).ShouldContain("could not be verified");
    }

    [Fact]
    public void Who_must_have_signed_is_never_left_open()
    {
        var values = new Dictionary<string, string> { ["SupplyChainImageReference"] = "registry.example.com/team/app:1", ["SupplyChainVerificationThreshold"] = "None" };
        DiagnosticCode Fail(SigningSettings signing) => Should.Throw<DiagnosticException>(() => ExaminationSettings.Read(new Core.Publishing.Settings(values, "/p/app.csproj"), signing, _fixture.Machine)).Diagnostic.Code;

        Fail(new SigningSettings("/p")).ShouldBe(DiagnosticCodes.SigningSettingsUnusable);
        Fail(new SigningSettings("/p") { CertificateIdentity = "somebody" }).ShouldBe(DiagnosticCodes.SigningSettingsUnusable);
        values["SupplyChainVerificationThreshold"] = "Severe";
        Fail(new SigningSettings("/p") { VerificationKey = _fixture.File("cosign.pub") }).ShouldBe(DiagnosticCodes.UnknownValue);
        foreach (var reference in new[] { "", "team/app:1", "https://registry.example.com/team/app", "registry.example.com/x" })
        {
            values["SupplyChainImageReference"] = reference;
            Fail(new SigningSettings("/p") { VerificationKey = _fixture.File("cosign.pub") }).ShouldBe(DiagnosticCodes.RegistryNameUnusable);
        }
    }

    private async Task AttachAsync(string key, params StatementToSign[] statements) => await new EvidenceWriter().AttachAsync(
        _store, _image, await _fixture.SignAsync(_fixture.Settings(key), statements), DateTimeOffset.UnixEpoch, SigningFixture.Token);

    private Task<ExaminedImage> ExamineAsync(IReadOnlyList<string> required, ImageReference? reference = null, string key = "cosign.pub")
    {
        var values = new Dictionary<string, string> { ["SupplyChainImageReference"] = $"{_registry.Host}/team/hello-api:1.4.0", ["SupplyChainVerificationThreshold"] = "None" };
        var settings = ExaminationSettings.Read(
            new Core.Publishing.Settings(values, _fixture.File("app.csproj")), new SigningSettings(_fixture.File(".")) { VerificationKey = key }, _fixture.Machine);
        return new ImageExaminer(new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine)).ExamineAsync(
            _store,
            new ExaminationRequest(reference ?? _store.Repository with { Tag = "1.4.0" }, settings.Signer, required, new RegistryAccess(), _fixture.File("work")) { OtherSigners = settings.OtherSigners },
            SigningFixture.Token);
    }

    private async Task<string> RefusedAsync(IReadOnlyList<string> required, string key = "cosign.pub")
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => ExamineAsync(required, key: key));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        return error.Message;
    }

    private async Task RunAsync(string program, IReadOnlyList<string> arguments)
    {
        var result = await _fixture.Runner.RunAsync(
            new Core.Tools.ToolInvocation(new Core.Tools.Tool(program, Toolchain.Require(program), "PATH"), arguments) { Environment = new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "" } },
            SigningFixture.Token);
        result.ExitCode.ShouldBe(0, result.StandardError);
    }

    private StatementToSign Scan() => StatementToSign.Attestation(_image.Digest, "team/hello-api", PredicateTypes.Vulnerabilities, ScanResult.Write(
        new ScanReport(_image.Digest, "Trivy", "0.74.0", new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), [new Finding("CVE-1", Severity.Critical, FindingKind.OperatingSystem, "libfoo", "1.0", null, "affected", null, null, null, [])], []),
        new ScanTimes(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch),
        CiBuild.Read(_ => null),
        "team/hello-api"));

    private StatementToSign Provenance() => StatementToSign.Attestation(_image.Digest, "team/hello-api", PredicateTypes.Provenance, SlsaProvenance.Write(
        new ProvenanceInput("/src/app.csproj", new Dictionary<string, string>(), CiBuild.Read(_ => null)) { Version = "1", StartedAt = DateTimeOffset.UnixEpoch, FinishedAt = DateTimeOffset.UnixEpoch }));
}
