using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>The embedded destination: an OCI layout folder, and cosign on the bundles that are read back from it.</summary>
public sealed class LayoutVerificationSpecs : IDisposable
{
    private static readonly string[] Both = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];

    private readonly SigningFixture _fixture = new();

    [Fact]
    public async Task Evidence_that_is_read_back_from_a_layout_verifies()
    {
        await _fixture.MakeKeyAsync("cosign", "pass word");
        var store = new LayoutStore(_fixture.File("image"), "hello-api", TimeProvider.System);
        var image = await SmallImage.WriteAsync(store);
        var settings = _fixture.Settings("cosign.key");
        var evidence = await _fixture.SignAsync(settings, SigningFixture.Signature(image.Digest), SigningFixture.SbomOf(image.Digest, "hello-api"));
        await new EvidenceWriter().AttachAsync(store, image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var reader = new EvidenceReader();
        var stored = new List<StoredBundle>();
        foreach (var item in await reader.ListAsync(store, image, SigningFixture.Token))
            stored.Add(new StoredBundle(item.PredicateType, await reader.ReadBundleAsync(store, item, SigningFixture.Token)));

        var verification = await _fixture.VerifyAsync(
            new VerificationRequest(store.Repository.At(image.Digest), image.Digest, Both, await _fixture.SignerAsync(settings, evidence))
            {
                Own = evidence,
                Stored = stored,
                WorkDirectory = _fixture.File("work"),
            });

        verification.Reference.ShouldBe($"hello-api@{image.Digest}");
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(Both);
    }

    [Fact]
    public async Task A_statement_that_this_publish_did_not_sign_does_not_stand_in_for_one_that_it_lacks()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        // An SBOM of an earlier publish of the same image, by the same key, is valid, and not what was signed now.
        var earlier = await _fixture.SignAsync(settings, SigningFixture.SbomOf());
        var stored = new StoredBundle(PredicateTypes.CycloneDx, await File.ReadAllBytesAsync(earlier[0].BundleFile, SigningFixture.Token));
        var own = await _fixture.SignAsync(settings, SigningFixture.Signature());
        var signer = await _fixture.SignerAsync(settings, own);
        var reference = new ImageReference(null, "hello-api").At(SigningFixture.Image);

        foreach (var evidence in new[] { own, [own[0] with { PredicateType = PredicateTypes.CycloneDx }] })
        {
            var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.VerifyAsync(new VerificationRequest(reference, SigningFixture.Image, [PredicateTypes.CycloneDx], signer)
            {
                Own = evidence,
                Stored = [stored],
                WorkDirectory = _fixture.File("work"),
            }));

            error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        }
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("sig")]
    public async Task A_bundle_that_was_tampered_with_is_refused(string property)
    {
        var (signature, signer) = await SignOneAsync(SigningFixture.Signature());
        var json = JsonNode.Parse(signature)!;
        var envelope = json["dsseEnvelope"]!;
        var holder = property == "sig" ? envelope["signatures"]![0]! : envelope;
        var bytes = Convert.FromBase64String(holder[property]!.GetValue<string>());
        if (property == "payload")
            bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\"predicate\":{}", "\"predicate\":{\"a\":1}", StringComparison.Ordinal));
        else
            bytes[^1] ^= 1;
        holder[property] = Convert.ToBase64String(bytes);

        var error = await FailAsync([PredicateTypes.CosignSignature], signer, Encoding.UTF8.GetBytes(json.ToJsonString()));

        error.ShouldContain(PredicateTypes.CosignSignature);
    }

    [Fact]
    public async Task A_bundle_of_another_key_is_refused()
    {
        var (signature, _) = await SignOneAsync(SigningFixture.Signature());
        var other = await _fixture.MakeKeyAsync("other");

        await FailAsync([PredicateTypes.CosignSignature], new ExpectedSigner("a key") { Key = other.PublicKeyFile }, signature);
    }

    [Fact]
    public async Task A_lone_SBOM_does_not_pass_as_a_signature()
    {
        var (sbom, signer) = await SignOneAsync(SigningFixture.SbomOf());

        var error = await FailAsync([PredicateTypes.CycloneDx, PredicateTypes.CosignSignature], signer, sbom);

        error.ShouldContain("the image signature");
        error.ShouldContain("there is https://cyclonedx.org/bom");
    }

    [Fact]
    public async Task A_bundle_about_another_image_and_one_that_is_garbage_count_for_nothing()
    {
        var (other, signer) = await SignOneAsync(SigningFixture.Signature(Digest.Of("other"u8)));

        var error = await FailAsync([PredicateTypes.CosignSignature], signer, other, "garbage"u8.ToArray(), "{\"mediaType\":1}"u8.ToArray());

        error.ShouldContain("a damaged bundle");
    }

    public void Dispose() => _fixture.Dispose();

    private async Task<(byte[] Bundle, ExpectedSigner Signer)> SignOneAsync(StatementToSign statement)
    {
        await _fixture.MakeKeyAsync("cosign");
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), statement);
        return (await File.ReadAllBytesAsync(evidence[0].BundleFile, SigningFixture.Token), await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence));
    }

    private async Task<string> FailAsync(IReadOnlyList<string> types, ExpectedSigner signer, params byte[][] bundles)
    {
        var reference = new ImageReference(null, "hello-api").At(SigningFixture.Image);
        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.VerifyAsync(new VerificationRequest(reference, SigningFixture.Image, types, signer)
        {
            Stored = [.. bundles.Select(bundle => new StoredBundle("", bundle))],
            WorkDirectory = _fixture.File("work"),
        }));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        return error.Message;
    }
}
