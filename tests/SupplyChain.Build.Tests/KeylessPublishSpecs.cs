using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A publish without a key, as a CI job does it, against a Sigstore on this machine.</summary>
[Trait("Category", "Slow")]
public sealed class KeylessPublishSpecs(Workshop workshop)
{
    private const string Scan = "https://cosign.sigstore.dev/attestation/vuln/v1";
    private const string Provenance = "https://slsa.dev/provenance/v1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_signs_with_its_own_identity_and_a_stranger_verifies_signature_scan_and_provenance()
    {
        await using var sigstore = await Sigstore.StartAsync(Cancellation);
        var project = workshop.Project();
        string[] arguments = [.. workshop.To("keyless"), $"-p:SupplyChainFulcioUrl={sigstore.Url}", $"-p:SupplyChainRekorUrl={sigstore.Url}", $"-p:SupplyChainTrustedRoot={sigstore.TrustedRoot}"];
        var token = Sigstore.Token();
        var job = new Dictionary<string, string?> { ["SIGSTORE_ID_TOKEN"] = token };

        var wrong = (await project.PublishAsync(Cancellation, [.. arguments, "-p:SupplyChainCertificateIdentity=https://ci.example.com/team/another"], job)).Failed();
        wrong.Output.ShouldContain("error SCB5801: the image signature");
        wrong.Output.ShouldContain("could not be verified with https://ci.example.com/team/another");
        (await Workshop.RunAsync("crane", "ls", $"{workshop.Registry.Host}/keyless")).StandardOutput.ShouldNotContain("1.4.0");

        var run = (await project.PublishAsync(Cancellation, [.. arguments, "-v:detailed"], job)).Succeeded();

        run.Output.ShouldContain("signed with the identity of SIGSTORE_ID_TOKEN; attested SBOM (CycloneDX");
        run.Output.ShouldContain("scan result, provenance");
        await SecretSpecs.ShouldBeNowhereAsync(project, run, token);
        var reference = File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).Trim();
        string[] stranger = ["--certificate-identity", Sigstore.Subject, "--certificate-oidc-issuer", Sigstore.Issuer, "--trusted-root", sigstore.TrustedRoot];
        var signature = await Workshop.RunAsync("cosign", ["verify", .. stranger, reference]);
        signature.ExitCode.ShouldBe(0, signature.StandardError);
        var again = (await project.PublishAsync(Cancellation, arguments, job)).Succeeded();
        again.Output.ShouldContain("already signed with the identity of SIGSTORE_ID_TOKEN");
        again.Output.ShouldContain(": nothing to add");
        var scan = await PredicateAsync(Scan);
        scan.GetProperty("scanner").GetProperty("db").GetProperty("version").GetString()!.ShouldNotBeEmpty();
        var provenance = await PredicateAsync(Provenance);
        var definition = provenance.GetProperty("buildDefinition");
        definition.GetProperty("externalParameters").GetProperty("project").GetString().ShouldBe("HelloApi.csproj");
        var properties = definition.GetProperty("externalParameters").GetProperty("properties");
        (properties.GetProperty("Configuration").GetString(), properties.GetProperty("ContainerRepository").GetString()).ShouldBe(("Release", "keyless"));
        definition.GetProperty("resolvedDependencies").EnumerateArray().ShouldContain(item => item.GetProperty("uri").GetString()!.StartsWith("pkg:oci/aspnet@sha256"));
        provenance.GetRawText().ShouldNotContain(project.Path(""));
        provenance.GetRawText().ShouldNotContain(Environment.UserName + "/");

        async Task<JsonElement> PredicateAsync(string type)
        {
            var verified = await Workshop.RunAsync("cosign", ["verify-attestation", "--type", type, .. stranger, reference]);
            verified.ExitCode.ShouldBe(0, verified.StandardError);
            var envelope = JsonDocument.Parse(verified.StandardOutput.Split('\n')[0]).RootElement;
            return JsonDocument.Parse(envelope.GetProperty("payload").GetBytesFromBase64()).RootElement.GetProperty("predicate");
        }
    }

    [Fact]
    public async Task A_job_that_may_not_ask_for_a_token_is_told_so_before_the_image_is_built()
    {
        var run = (await workshop.Project().PublishAsync(Cancellation, workshop.To("not-permitted"), new Dictionary<string, string?> { ["GITHUB_ACTIONS"] = "true" })).Failed();

        run.Output.ShouldContain("error SCB5002: nothing to sign with: no SupplyChainSigningKey, and this GitHub Actions job may not ask for an identity token. Add permissions: id-token: write to the job");
        run.Output.ShouldNotContain("Building image");
    }
}
