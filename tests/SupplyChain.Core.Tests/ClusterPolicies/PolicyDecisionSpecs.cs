using System.Text.Json.Nodes;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>
/// What the policies decide, with the parameters that stand in them: signatures are verified by the real cosign, conditions run by engines of their languages.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PolicyDecisionSpecs : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly PolicyFixture _fixture = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("Bundle")]
    [InlineData("Legacy")]
    public async Task With_a_key_the_signed_image_is_let_in_and_an_unsigned_one_and_one_of_another_key_and_one_with_a_signed_SBOM_alone_are_not__by_cosign_and_engines_of_the_languages(string layout)
    {
        var format = Enum.Parse<SignatureFormat>(layout);
        var legacy = format == SignatureFormat.Legacy;
        var key = _fixture.Key((await _fixture.Signing.MakeKeyAsync("release")).PrivateKeyFile);
        var another = _fixture.Key((await _fixture.Signing.MakeKeyAsync("another")).PrivateKeyFile);
        var (good, evidence) = await _fixture.ImageAsync(key, format, PolicyFixture.All(format));
        _fixture.WriteReceipt(good, format, evidence);
        var formats = legacy ? "Kyverno;PolicyController;Ratify" : "Kyverno;KyvernoImageValidating;PolicyController";
        var files = await _fixture.GenerateAsync(key, ("SupplyChainPolicyFormats", formats), ("SupplyChainVerificationThreshold", "High"), ("SupplyChainIgnoreUnfixed", "true"), ("SupplyChainVerificationBuilder", "https://github.com/actions/*"));

        (await PolicyEngines.ErrorsAsync(files, Token)).ShouldBeEmpty();
        var wrong = new[]
        {
            (await _fixture.ImageAsync(key, format)).Reference,
            (await _fixture.ImageAsync(another, format, PolicyFixture.All(format))).Reference,
            (await _fixture.ImageAsync(key, format, PredicateTypes.CycloneDx)).Reference,
        };
        await DecideAsync(files, good, wrong, trustedRoot: null);
    }

    [Fact]
    public async Task Without_a_key_the_signer_and_issuer_of_the_certificate_are_let_in_and_others_are_not__by_cosign_and_engines_of_the_languages()
    {
        const SignatureFormat format = SignatureFormat.Both;
        await using var sigstore = await Sigstore.StartAsync(Token);
        var keyless = new SigningSettings(_fixture.Signing.File(".")) { FulcioUrl = sigstore.Url, RekorUrl = sigstore.Url, TrustedRoot = sigstore.TrustedRoot };
        LogIn(Sigstore.Token("https://ci.example.com/team/other"));
        var another = (await _fixture.ImageAsync(keyless, format, PolicyFixture.All(format))).Reference;
        // The same name, as another issuer gives it.
        LogIn(Sigstore.Token(issuer: "https://other.example.com"));
        var elsewhere = (await _fixture.ImageAsync(keyless, format, PolicyFixture.All(format))).Reference;
        LogIn(Sigstore.Token());
        var alone = (await _fixture.ImageAsync(keyless, format, PredicateTypes.CycloneDx)).Reference;
        var unsigned = (await _fixture.ImageAsync(keyless, format)).Reference;
        var (good, evidence) = await _fixture.ImageAsync(keyless, format, PolicyFixture.All(format));
        _fixture.WriteReceipt(good, format, evidence);
        _fixture.Signing.Machine.Variables.Remove("SIGSTORE_ID_TOKEN");

        var request = await _fixture.RequestAsync(keyless);
        // With certificates and keys of its own Kyverno's ClusterPolicy reads the older layout.
        var files = await PolicyWriter.WriteAsync(request, [PolicyFormat.Kyverno, PolicyFormat.KyvernoImageValidating, PolicyFormat.PolicyController], _fixture.Policies, Token);
        // As they are for signatures of the public Sigstore, in whose place this one is put: bundles for Kyverno, and Ratify, which trusts no other.
        var signer = request.Signed!.Signer with { Root = null };
        var bundles = await PolicyWriter.WriteAsync(request with { Signed = request.Signed with { Signer = signer, Legacy = false } }, [PolicyFormat.Kyverno], Path.Combine(_fixture.Policies, "bundles"), Token);
        var ratify = await PolicyWriter.WriteAsync(request with { Signed = request.Signed with { Signer = signer } }, [PolicyFormat.Ratify], _fixture.Policies, Token);

        (await PolicyEngines.ErrorsAsync([.. files, .. bundles, .. ratify], Token)).ShouldBeEmpty();
        File.ReadAllText(files[1]).ShouldContain($"subject: '{Sigstore.Subject}'");
        File.ReadAllText(files[0]).ShouldContain("type: Cosign");
        File.ReadAllText(bundles[0]).ShouldContain("type: SigstoreBundle");
        await DecideAsync([.. files, .. bundles, .. ratify], good, [unsigned, another, elsewhere, alone], sigstore.TrustedRoot);
        // The engine trusts whom the policy says, which is this Sigstore and no other.
        var policy = (await PolicyEngines.ReadAsync(files[1], Token))[0];
        JsonNode.DeepEquals(JsonNode.Parse((string)policy["spec"]!["attestors"]![0]!["cosign"]!["trustedRoot"]!["value"]!), JsonNode.Parse(File.ReadAllText(sigstore.TrustedRoot))).ShouldBeTrue();
        (await PolicyEngines.ReadAsync(files[2], Token))[0]["kind"]!.ToString().ShouldBe("TrustRoot");
    }

    /// <summary>Each policy gives its own parameters to cosign.</summary>
    private async Task DecideAsync(IReadOnlyList<string> files, ImageReference good, IReadOnlyList<ImageReference> wrong, string? trustedRoot)
    {
        foreach (var file in files)
        {
            var documents = await PolicyEngines.ReadAsync(file, Token);
            var kind = (string)documents[^1]["kind"]!;
            var parameters = PolicyParameters.Read(documents, _fixture.Signing.File, trustedRoot);
            var verified = new Dictionary<ImageReference, JsonObject>();
            foreach (var image in wrong.Prepend(good))
                verified[image] = await _fixture.VerifiedAsync(image, parameters);
            var ratify = kind == "RatifySignedImages" ? await RatifyCases.RefusalsAsync(documents, verified.ToDictionary(item => item.Key.ToString(), item => (bool)item.Value["signature"]!), Token) : null;
            foreach (var (image, answer) in verified)
            {
                IReadOnlyList<string> refusals = ratify is not null ? [.. ratify[image.ToString()]]
                    : kind == "ClusterImagePolicy" ? await ClusterImageAsync(documents, answer)
                    : await PolicyEngines.RefusalsAsync(file, answer, Token);
                if (image == good)
                    refusals.ShouldBeEmpty($"{Path.GetFileName(file)} must let in the image that was signed");
                else
                    refusals.ShouldNotBeEmpty($"{Path.GetFileName(file)} must refuse {image}");
            }
        }
    }

    /// <summary>policy-controller: an image has to satisfy every policy; in each every attestation, with its Rego.</summary>
    private static async Task<IReadOnlyList<string>> ClusterImageAsync(IReadOnlyList<JsonObject> policies, JsonObject verified)
    {
        var refusals = new List<string>();
        var modules = new List<string>();
        var cases = new Dictionary<string, JsonNode>();
        foreach (var authority in policies.Where(policy => (string)policy["kind"]! == "ClusterImagePolicy").Select(policy => policy["spec"]!["authorities"]![0]!))
        {
            if (authority["attestations"] is null && !(bool)verified["signature"]!)
                refusals.Add("signature");
            foreach (var attestation in authority["attestations"]?.AsArray() ?? [])
            {
                if (verified["statements"]![(string)attestation!["predicateType"]!] is not JsonArray { Count: > 0 } statements)
                    refusals.Add((string)attestation["name"]!);
                else if (attestation["policy"] is { } policy)
                {
                    // One run for all: each module under a name of its own.
                    cases[(string)attestation["name"]!] = new JsonObject { ["statement"] = statements[0]!.DeepClone(), ["module"] = $"sigstore{modules.Count}" };
                    modules.Add(((string)policy["data"]!).Replace("package sigstore", $"package sigstore{modules.Count}", StringComparison.Ordinal));
                }
            }
        }
        if (refusals.Count > 0 || modules.Count == 0)
            return refusals;
        var answers = await PolicyEngines.RegoAsync(modules, "not data[input.request.module].isCompliant with input as input.request.statement\n  msg := \"not compliant\"", cases, Token);
        return [.. answers.Select(answer => answer.Key)];
    }

    private void LogIn(string token) => _fixture.Signing.Machine.Variables["SIGSTORE_ID_TOKEN"] = token;
}
