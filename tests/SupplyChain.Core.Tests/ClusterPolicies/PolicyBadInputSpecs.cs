using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>Bad input: a coded error, and no file.</summary>
[Trait("Category", "Slow")]
public sealed class PolicyBadInputSpecs : IAsyncLifetime
{
    private readonly PolicyFixture _fixture = new();
    private SigningSettings _key = null!;
    private (ImageReference Reference, IReadOnlyList<SignedEvidence> Evidence) _image;

    public async ValueTask InitializeAsync()
    {
        _key = _fixture.Key((await _fixture.Signing.MakeKeyAsync("release", "a password")).PrivateKeyFile);
        var digest = Digest.Of("an image"u8);
        var evidence = await _fixture.Signing.SignAsync(_key, SigningFixtureStatements(digest));
        _image = (new ImageReference("registry.example.com", "team/hello-api", null, digest), evidence);
        _fixture.WriteReceipt(_image.Reference, SignatureFormat.Bundle, _image.Evidence);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Nothing_published()
    {
        File.Delete(Path.Combine(_fixture.Output, "receipt.json"));
        (await FailsAsync(DiagnosticCodes.NothingPublished, _key)).ShouldContain("nothing has been published: there is no receipt.json");
    }

    [Fact]
    public async Task An_unsigned_publish()
    {
        _fixture.WriteReceipt(_image.Reference, SignatureFormat.Bundle, []);
        (await FailsAsync(DiagnosticCodes.NothingPublished, _key)).ShouldContain("was published unsigned");
    }

    [Fact]
    public async Task A_publish_into_a_folder()
    {
        _fixture.WriteReceipt(_image.Reference with { Registry = null }, SignatureFormat.Bundle, _image.Evidence);
        (await FailsAsync(DiagnosticCodes.NothingPublished, _key)).ShouldContain("a cluster pulls from a registry");
    }

    [Fact]
    public async Task A_key_that_is_not_there_or_cannot_be_read()
    {
        (await FailsAsync(DiagnosticCodes.KeyUnusable, _fixture.Key(_fixture.Signing.File("missing.key")))).ShouldContain("there is no such file");
        File.WriteAllText(_fixture.Signing.File("garbage.key"), "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\ngarbage\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n");
        (await FailsAsync(DiagnosticCodes.KeyUnusable, _fixture.Key(_fixture.Signing.File("garbage.key")))).ShouldContain("cosign could not give the public key of");
        (await FailsAsync(DiagnosticCodes.KeyUnusable, _key with { VerificationKey = _fixture.Signing.File("missing.pub") })).ShouldContain("which cannot be read");
    }

    [Fact]
    public async Task A_password_that_is_missing()
    {
        _fixture.Signing.Machine.Variables.Remove("COSIGN_PASSWORD");
        (await FailsAsync(DiagnosticCodes.KeyUnusable, _key)).ShouldEndWith("Set the environment variable COSIGN_PASSWORD to the key's password, or set SupplyChainVerificationKey to the public key.");
        // The public key needs none.
        (await _fixture.GenerateAsync(_key with { VerificationKey = _fixture.Signing.File("release.pub") })).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_key_than_the_one_that_signed()
    {
        var another = await _fixture.Signing.MakeKeyAsync("another", "a password");
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _fixture.Key(another.PrivateKeyFile))).ShouldContain("was signed by another key");
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _key with { VerificationKey = another.PublicKeyFile })).ShouldContain("was signed by another key");
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, new SigningSettings(_fixture.Signing.File(".")))).ShouldContain("neither SupplyChainSigningKey nor SupplyChainVerificationKey says which");
    }

    [Fact]
    public async Task A_bundle_that_is_damaged_or_missing_or_of_another_image()
    {
        var bundle = Path.Combine(_fixture.Output, "sbom.cdx.sigstore.json");
        var text = File.ReadAllText(bundle);
        File.WriteAllText(bundle, "{}");
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _key)).ShouldContain("cannot be used");
        File.Delete(bundle);
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _key)).ShouldContain("cannot be used");
        File.WriteAllText(bundle, text);
        _fixture.WriteReceipt(_image.Reference.At(Digest.Of("another image"u8)), SignatureFormat.Bundle, _image.Evidence);
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _key)).ShouldContain("it is not the image signature of");
    }

    [Fact]
    public async Task A_bundle_whose_signature_is_of_other_bytes()
    {
        var bundle = Path.Combine(_fixture.Output, "sbom.cdx.sigstore.json");
        var node = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(bundle))!;
        var signature = Convert.FromBase64String((string)node["dsseEnvelope"]!["signatures"]![0]!["sig"]!);
        signature[^1] ^= 1;
        node["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(signature);
        File.WriteAllText(bundle, node.ToJsonString());
        (await FailsAsync(DiagnosticCodes.PolicySignerUnknown, _key)).ShouldContain("A policy with this signer would refuse the very image it is for");
    }

    [Fact]
    public async Task Conditions_that_the_published_image_does_not_meet()
    {
        (await FailsAsync(DiagnosticCodes.PolicyRefusesOwnImage, _key, ("SupplyChainVerificationThreshold", "Critical"))).ShouldContain("CVE-2023-45853");
        (await FailsAsync(DiagnosticCodes.PolicyRefusesOwnImage, _key, ("SupplyChainVerificationBuilder", "https://example.com/*"))).ShouldContain("A policy with these conditions would not let it in");
    }

    private async Task<string> FailsAsync(DiagnosticCode code, SigningSettings settings, params (string Name, string Value)[] more)
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.GenerateAsync(settings, [("SupplyChainPolicyFormats", "Kyverno;Gatekeeper"), .. more]));

        error.Diagnostic.Code.ShouldBe(code, error.Message);
        Directory.Exists(_fixture.Policies).ShouldBeFalse("no half-written files");
        return error.Message;
    }

    private static StatementToSign[] SigningFixtureStatements(Digest digest) =>
    [
        StatementToSign.Signature(digest),
        .. PolicyFixture.Documents.Select(document => StatementToSign.Attestation(digest, "registry.example.com/team/hello-api", document.Type, System.Text.Encoding.UTF8.GetBytes(document.Predicate))),
    ];
}
