using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

public sealed class StatementAndBundleSpecs
{
    [Fact]
    public void People_read_what_was_attested_in_one_line()
    {
        PredicateTypes.Summary([PredicateTypes.CosignSignature, PredicateTypes.CycloneDx]).ShouldBe("SBOM (CycloneDX)");
        PredicateTypes.Summary([PredicateTypes.Provenance, PredicateTypes.Spdx, PredicateTypes.CycloneDx, PredicateTypes.Vulnerabilities]).ShouldBe("SBOM (CycloneDX, SPDX), provenance, scan result");
        PredicateTypes.Summary([PredicateTypes.CosignSignature]).ShouldBe("");
    }

    [Fact]
    public void The_signature_statement_is_the_one_that_cosign_sign_makes() =>
        Encoding.UTF8.GetString(SigningFixture.Signature().Content.Span).ShouldBe(
            $$$"""{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"{{{SigningFixture.Image.Hex}}}"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}""");

    [Fact]
    public void A_predicate_keeps_its_numbers_its_order_and_its_letters_and_loses_white_space()
    {
        var predicate = "\uFEFF{\r\n \"z\": 1.50, \"big\": 100000000000000000000,\n \"a\": \"<Ä&'+\\u0000>\" }"u8.ToArray();

        var statement = StatementToSign.Attestation(SigningFixture.Image, "registry.example.com/hello-api", PredicateTypes.CycloneDx, predicate);

        Encoding.UTF8.GetString(statement.Content.Span).ShouldBe(
            $$$"""{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"registry.example.com/hello-api","digest":{"sha256":"{{{SigningFixture.Image.Hex}}}"}}],"predicateType":"https://cyclonedx.org/bom","predicate":{"z":1.50,"big":100000000000000000000,"a":"<Ä&'+\u0000>"}}""");
        statement.Name.ShouldBe("sbom.cdx");
        var read = Statement.Parse(statement.Content);
        read.Subjects.ShouldBe([SigningFixture.Image]);
        read.PredicateType.ShouldBe(PredicateTypes.CycloneDx);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":1}{\"b\":2}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":")]
    public void A_predicate_that_is_not_one_JSON_object_is_refused(string predicate) =>
        Should.Throw<FormatException>(() => StatementToSign.Attestation(SigningFixture.Image, null, PredicateTypes.CycloneDx, Encoding.UTF8.GetBytes(predicate)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"mediaType\":\"text/plain\"}")]
    [InlineData("{\"mediaType\":\"application/vnd.dev.sigstore.bundle\\ud800\"}")]
    [InlineData("{\"\\ud800\":1,\"\\ud800\":2}")]
    [InlineData("""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"a"}},"messageSignature":{}}""")]
    public void What_is_not_a_bundle_over_a_statement_is_refused(string json) =>
        Should.Throw<FormatException>(() => Bundle.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("[]")]
    [InlineData("[{\"sig\":\"c2ln\"},{\"sig\":\"c2ln\"}]")]
    [InlineData("[{\"sig\":\"\"}]")]
    [InlineData("[{\"sig\":\"?\"}]")]
    [InlineData("[null]")]
    public void A_bundle_without_exactly_one_signature_is_refused(string signatures) =>
        Should.Throw<FormatException>(() => Bundle.Parse(Make("""{"publicKey":{"hint":"a"}}""", signatures)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"publicKey":{}}""")]
    [InlineData("""{"publicKey":{"hint":"a"},"certificate":{"rawBytes":"AAAA"}}""")]
    [InlineData("""{"certificate":{"rawBytes":"AAAA"}}""")]
    [InlineData("""{"x509CertificateChain":{"certificates":[]}}""")]
    public void A_bundle_must_name_either_a_key_or_a_whole_certificate(string material) =>
        Should.Throw<FormatException>(() => Bundle.Parse(Make(material)));

    [Theory]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"signedTimestamp":7}]""")]
    [InlineData("""[{"signedTimestamp":"?"}]""")]
    [InlineData("""[{"signedTimestamp":"MAA="}]""")]
    [InlineData("""[{"signedTimestamp":"//////8="}]""")]
    public void A_timestamp_that_cannot_be_read_names_no_time(string timestamps)
    {
        var bundle = Bundle.Parse(Make($$"""{"publicKey":{"hint":"a"},"timestampVerificationData":{"rfc3161Timestamps":{{timestamps}} } }"""));

        (bundle.Timestamps, bundle.TimestampedAt).ShouldBe((1, null));
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("x509CertificateChain")]
    public void Who_signed_without_a_key_is_read_from_the_certificate(string form)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main"));
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.1", "https://old.example.com"u8, critical: false));
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.8", [0x0c, 0x12, .. "https://example.io"u8], critical: false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(10));
        var raw = $$"""{"rawBytes":"{{Convert.ToBase64String(certificate.RawData)}}"}""";

        var bundle = Bundle.Parse(Make(form == "certificate" ? $$"""{"certificate":{{raw}},"tlogEntries":[{}]}""" : $$"""{"x509CertificateChain":{"certificates":[{{raw}}]},"tlogEntries":[{}]}"""));

        bundle.Certificate.ShouldBe(new CertificateIdentity("https://github.com/contoso/hello/.github/workflows/release.yml@refs/heads/main", "https://example.io"));
        bundle.KeyHint.ShouldBeNull();
        bundle.LogEntries.ShouldBe(1);
    }

    [Fact]
    public void A_certificate_whose_name_is_of_another_class_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        // GeneralNames with a universal tag (BOOLEAN) where a context tag belongs.
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x03, 0x01, 0x01, 0xff], critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(10));

        Should.Throw<FormatException>(() => CertificateIdentity.Read(certificate.RawData));
    }

    [Fact]
    public void What_travels_between_targets_comes_back_as_it_was()
    {
        var verification = new Verification(SigningFixture.Image, "hello-api@" + SigningFixture.Image, "key cosign.key", [new VerifiedStatement(PredicateTypes.CycloneDx, Digest.Of("x"u8)) { Content = "secret"u8.ToArray() }], DateTimeOffset.UnixEpoch);
        IReadOnlyList<SignedEvidence> evidence = [new SignedEvidence(SigningFixture.Image, PredicateTypes.CycloneDx, "/obj/sbom.cdx.sigstore.json")];

        var json = JsonSerializer.Serialize(verification, SigningJson.Default.Verification);

        json.ShouldNotContain("content");
        JsonSerializer.Deserialize(json, SigningJson.Default.Verification)!.Statements.Single().Payload.ShouldBe(Digest.Of("x"u8));
        JsonSerializer.Deserialize(JsonSerializer.Serialize(evidence, SigningJson.Default.IReadOnlyListSignedEvidence), SigningJson.Default.IReadOnlyListSignedEvidence).ShouldBe(evidence);
    }

    private static byte[] Make(string material, string signatures = "[{\"sig\":\"c2ln\"}]") => Encoding.UTF8.GetBytes(
        $$$"""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{{material}}},"dsseEnvelope":{"payload":"{{{Convert.ToBase64String(SigningFixture.Signature().Content.Span)}}}","payloadType":"application/vnd.in-toto+json","signatures":{{{signatures}}}}}""");
}
