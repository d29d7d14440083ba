using System.Text.Json.Nodes;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>From a real publish to what a cluster is given, as a person calls it: dotnet build makes Debug, dotnet publish made Release.</summary>
[Trait("Category", "Slow")]
public sealed class ClusterSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_of_every_format_are_made_from_the_last_publish_and_let_in_the_very_image_that_it_signed()
    {
        var project = workshop.Project();
        var image = (await project.PublishAsync(Cancellation, [.. workshop.To("cluster"), workshop.Signed, "-p:SupplyChainSignatureFormat=Both"])).Succeeded().Lines[^1].Trim();

        string[] call = ["build", project.ProjectFile, "-t:SupplyChainGeneratePolicies", workshop.Signed, "-p:SupplyChainPolicyFormats=Kyverno%3BKyvernoImageValidating%3BPolicyController%3BGatekeeper%3BRatify%3BRegistries"];
        var run = (await project.DotnetAsync(Cancellation, call)).Succeeded();

        var folder = project.Path("bin/Release/net10.0/supply-chain/policies");
        string[] files = [.. new[] { "kyverno", "kyverno-image-validating", "policy-controller", "gatekeeper", "ratify", "registries" }.Select(name => Path.Combine(folder, $"{name}.yaml"))];
        Directory.GetFiles(folder).ShouldBe(files, ignoreOrder: true);
        run.Output.ShouldContain($"supply chain: Kyverno policy for {workshop.Registry.Host}/cluster, signed by key SHA256:");
        run.Output.ShouldNotContain("PRIVATE");
        (await PolicyEngines.ErrorsAsync(files, Cancellation)).ShouldBeEmpty();

        var verified = new JsonObject { ["signature"] = true, ["statements"] = new JsonObject() };
        foreach (var type in new[] { "https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom", "https://spdx.dev/Document", "https://cosign.sigstore.dev/attestation/vuln/v1", "https://slsa.dev/provenance/v1" })
        {
            var answer = await Workshop.RunAsync("cosign", "verify-attestation", "--type", type, "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", image);
            answer.ExitCode.ShouldBe(0, answer.StandardError);
            verified["statements"]![type] = new JsonArray([.. answer.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(Convert.FromBase64String((string)JsonNode.Parse(line)!["payload"]!)))]);
        }
        foreach (var file in files.Take(2))
            (await PolicyEngines.RefusalsAsync(file, verified, Cancellation)).ShouldBeEmpty(file);
        File.ReadAllText(files[0]).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal).ShouldContain(File.ReadAllText(workshop.PublicKey).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));

        var before = files.Select(file => (File.ReadAllText(file), File.GetLastWriteTimeUtc(file))).ToList();
        (await project.DotnetAsync(Cancellation, call)).Succeeded();
        files.Select(file => (File.ReadAllText(file), File.GetLastWriteTimeUtc(file))).ShouldBe(before, "regenerating changes nothing");

        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainGenerateRegistryConfiguration", "-p:SupplyChainRegistryProducts=Podman%3BEgress")).Succeeded()
            .Output.ShouldContain("2 files in bin");
        File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/registry/registries.conf")).ShouldContain($"location = \"{workshop.Registry.Host}/mcr\"");

        // What is deployed: by a tag first, then by the digest of the publish.
        project.Write("deploy/app.yaml", $"apiVersion: v1\nkind: Pod\nmetadata: {{name: hello}}\nspec:\n  containers:\n    - name: hello\n      image: {workshop.Registry.Host}/cluster:1.4.0 # the application\n");
        string[] manifests = [$"-p:SupplyChainManifestsPath=deploy"];
        (await project.DotnetAsync(Cancellation, ["build", project.ProjectFile, "-t:SupplyChainVerifyManifests", .. manifests])).Failed()
            .Output.ShouldContain($"app.yaml(7): error SCB6011: {workshop.Registry.Host}/cluster:1.4.0 is deployed by a tag");
        (await project.DotnetAsync(Cancellation, ["build", project.ProjectFile, "-t:SupplyChainPinManifests", .. manifests])).Succeeded()
            .Output.ShouldContain($"supply chain: app.yaml(7): {workshop.Registry.Host}/cluster:1.4.0 pinned to sha256:");
        File.ReadAllText(project.Path("deploy/app.yaml")).ShouldContain($"      image: {image} # the application\n");
        (await project.DotnetAsync(Cancellation, ["build", project.ProjectFile, "-t:SupplyChainVerifyManifests", .. manifests])).Succeeded()
            .Output.ShouldContain($"supply chain: 1 reference to {workshop.Registry.Host}/cluster in 1 manifest, all by digest");
        (await project.DotnetAsync(Cancellation, ["build", project.ProjectFile, "-t:SupplyChainPinManifests", "-p:SupplyChainManifestsPath=Program.cs"])).Succeeded()
            .Output.ShouldContain($"warning SCB6012: no file below ");
        project.Write("deploy/kustomization.yaml", "resources: [app.yaml]\ncomponents: [component]\n");
        project.Write("deploy/app.yaml", File.ReadAllText(project.Path("deploy/app.yaml")).Replace(image, $"{workshop.Registry.Host}/cluster", StringComparison.Ordinal));
        Directory.CreateDirectory(project.Path("deploy/component"));
        File.Copy(project.Path("bin/Release/net10.0/supply-chain/kustomize/kustomization.yaml"), project.Path("deploy/component/kustomization.yaml"));
        var kustomized = await Workshop.RunAsync("kubectl", "kustomize", project.Path("deploy"));
        kustomized.StandardOutput.ShouldContain($"image: {image}", customMessage: kustomized.StandardError);
    }
}
