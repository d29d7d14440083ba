using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>What was verified a moment ago is asked again only where anything differs.</summary>
public sealed class AcceptedBundlesSpecs : IDisposable
{
    private static readonly ImageReference Reference = new ImageReference(null, "hello-api").At(SigningFixture.Image);

    private readonly SigningFixture _fixture = new();
    private readonly AcceptedBundles _accepted = new();

    private int Asked => _fixture.Runner.Invocations.Count(invocation => invocation.Arguments[0] == "verify-blob-attestation");

    [Fact]
    public async Task The_same_bundle_is_verified_once_and_a_changed_one_again()
    {
        await _fixture.MakeKeyAsync("cosign");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature());
        var bundle = await File.ReadAllBytesAsync(evidence[0].BundleFile, SigningFixture.Token);
        var signer = await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence);

        await VerifyAsync(signer, bundle);
        await VerifyAsync(signer, bundle);
        Asked.ShouldBe(1);

        var error = await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(signer, Flipped(bundle)));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        Asked.ShouldBe(2);
    }

    [Fact]
    public async Task Another_key_in_the_same_file_is_asked_again_and_refused()
    {
        await _fixture.MakeKeyAsync("cosign");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature());
        var bundle = await File.ReadAllBytesAsync(evidence[0].BundleFile, SigningFixture.Token);
        var signer = await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence);
        await VerifyAsync(signer, bundle);
        File.Copy((await _fixture.MakeKeyAsync("other")).PublicKeyFile, signer.Key!, overwrite: true);

        await Should.ThrowAsync<DiagnosticException>(() => VerifyAsync(signer, bundle));

        Asked.ShouldBe(2);
    }

    /// <summary>Another signature over the same statement.</summary>
    private static byte[] Flipped(byte[] bundle)
    {
        var text = System.Text.Encoding.UTF8.GetString(bundle);
        var at = text.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 30;
        return System.Text.Encoding.UTF8.GetBytes(text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..]);
    }

    private Task<Verification> VerifyAsync(ExpectedSigner signer, byte[] bundle) => new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine) { Accepted = _accepted }.VerifyAsync(
        new VerificationRequest(Reference, SigningFixture.Image, [PredicateTypes.CosignSignature], signer)
        {
            Stored = [new StoredBundle(PredicateTypes.CosignSignature, bundle)],
            WorkDirectory = _fixture.File("work"),
        },
        SigningFixture.Token);

    public void Dispose()
    {
        _accepted.Dispose();
        _fixture.Dispose();
    }
}
