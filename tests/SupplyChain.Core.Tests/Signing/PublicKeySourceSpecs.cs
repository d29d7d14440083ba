using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tests.Stores;

namespace SupplyChain.Core.Tests.Signing;

public sealed class PublicKeySourceSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    [Fact]
    public async Task A_pub_file_of_another_pair_is_never_believed_and_cosign_is_asked_instead()
    {
        var key = await _fixture.MakeKeyAsync("cosign", "pass word");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature());
        var other = await _fixture.MakeKeyAsync("other", "pass word");
        File.Copy(other.PublicKeyFile, key.PublicKeyFile, overwrite: true);

        var signer = await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence);

        signer.Key.ShouldBe(_fixture.File("work/cosign.pub"));
        PublicKeySource.Fingerprint(await File.ReadAllTextAsync(signer.Key!, SigningFixture.Token)).ShouldBe(key.Fingerprint);
        _fixture.Runner.Invocations.Last().Arguments.ShouldBe(["public-key", "--key", key.PrivateKeyFile]);
    }

    [Fact]
    public async Task A_key_that_was_replaced_during_the_publish_is_an_error()
    {
        var key = await _fixture.MakeKeyAsync("cosign");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature());
        var other = await _fixture.MakeKeyAsync("other");
        File.Copy(other.PrivateKeyFile, key.PrivateKeyFile, overwrite: true);
        File.Delete(key.PublicKeyFile);

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningFailed);
        error.Message.ShouldContain("is not the one that signed");
    }

    /// <summary>Anybody can have a certificate: who writes to the repository must not choose whom we verify with.</summary>
    [Fact]
    public async Task A_certificate_never_stands_in_for_our_key()
    {
        await _fixture.MakeKeyAsync("cosign");
        var file = _fixture.File("signature.sigstore.json");
        SampleImage.WriteBundle(file, SigningFixture.Image, PredicateTypes.CosignSignature, certificate: Certificate());

        var error = await Should.ThrowAsync<DiagnosticException>(() =>
            _fixture.SignerAsync(_fixture.Settings("cosign.key"), [new SignedEvidence(SigningFixture.Image, PredicateTypes.CosignSignature, file)]));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningFailed);
        error.Message.ShouldContain("was not signed by cosign.key");
    }

    [Fact]
    public async Task The_verification_key_of_the_user_wins_and_costs_no_process()
    {
        await _fixture.MakeKeyAsync("cosign");
        var other = await _fixture.MakeKeyAsync("other");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature());
        var before = _fixture.Runner.Invocations.Count;

        var signer = await _fixture.SignerAsync(_fixture.Settings("cosign.key") with { VerificationKey = "other.pub" }, evidence);

        signer.Key.ShouldBe(other.PublicKeyFile);
        signer.DisplayName.ShouldBe($"key other.pub (SHA256:{other.Fingerprint})");
        signer.Arguments.ShouldBe(["--key", other.PublicKeyFile, "--insecure-ignore-tlog=true"]);
        _fixture.Runner.Invocations.Count.ShouldBe(before);
    }

    [Fact]
    public void A_verification_key_that_is_not_there_or_is_key_text_is_a_coded_error()
    {
        Should.Throw<DiagnosticException>(() => PublicKeySource.FromSettings(new SigningSettings("/nowhere") { VerificationKey = "cosign.pub" }, false, _fixture.Machine))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        Should.Throw<DiagnosticException>(() => PublicKeySource.FromSettings(new SigningSettings("/nowhere") { VerificationKey = "-----BEGIN PUBLIC KEY-----" }, false, _fixture.Machine))
            .Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyTextInProperty);
    }

    [Fact]
    public void An_identity_is_expected_in_the_transparency_log_and_exactly_wins_over_by_expression()
    {
        var settings = new SigningSettings("/project")
        {
            CertificateIdentity = "https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main",
            CertificateIdentityRegexp = ".*",
            CertificateOidcIssuerRegexp = "^https://token\\.actions\\.githubusercontent\\.com$",
        };

        PublicKeySource.FromSettings(settings, false, _fixture.Machine)!.Arguments.ShouldBe(
        [
            "--certificate-identity", "https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main",
            "--certificate-oidc-issuer-regexp", "^https://token\\.actions\\.githubusercontent\\.com$",
        ]);
    }

    public void Dispose() => _fixture.Dispose();

    private static byte[] Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("mallory@example.com");
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.1", "https://login.example.com"u8, critical: false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(10));
        return certificate.RawData;
    }
}
