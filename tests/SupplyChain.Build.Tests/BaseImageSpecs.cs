using System.Text.Json;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Base images from a real pull-through cache (docker-registry), pinned, limited and verified.</summary>
[Trait("Category", "Slow")]
public sealed class BaseImageSpecs(Workshop workshop)
{
    private const string Name = "upstream.example.com/signed/aspnet:10.0";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_base_image_is_pinned_fetched_from_the_mirror_and_verified_and_keeps_its_own_name()
    {
        var upstream = await BaseImages.PushToAsync(workshop.Registry.Host, Cancellation, "signed/aspnet");
        var digest = (await Workshop.RunAsync("crane", "digest", upstream)).StandardOutput.Trim();
        var signed = await Workshop.RunAsync("cosign", "sign", "--key", workshop.Key, "--use-signing-config=false", "--tlog-upload=false", "--yes", $"{upstream.Split(':')[0]}:{upstream.Split(':')[1]}@{digest}");
        signed.ExitCode.ShouldBe(0, signed.StandardError);
        await using var mirror = await DockerRegistry.StartAsync(new DockerRegistryOptions { Upstream = $"http://{workshop.Registry.Host}" }, Cancellation);
        var project = workshop.Project().WriteTargets($"""<ItemGroup><SupplyChainRegistryMirror Include="upstream.example.com" Mirror="{mirror.Host}" /></ItemGroup>""");
        string[] arguments = [.. workshop.To("on-mirror").SkipLast(1), workshop.Signed, $"-p:ContainerBaseImage={Name}", "-p:SupplyChainRequireBaseImageDigest=true"];

        (await project.PublishAsync(Cancellation, arguments)).Failed().Output.ShouldContain($"error SCB1021: the base image {Name} is named by a tag alone");

        var update = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainUpdateBaseImage", $"-p:ContainerBaseImage={Name}", "--no-restore")).Succeeded();
        update.Output.ShouldContain($"base image {Name}");
        update.Output.ShouldContain($"now {digest} (");
        (await File.ReadAllTextAsync(project.Path("base-image.lock.json"), Cancellation)).ShouldContain(digest);

        var run = (await project.PublishAsync(Cancellation, [.. arguments, $"-p:SupplyChainBaseImageVerificationKey={workshop.PublicKey}"])).Succeeded();
        run.Output.ShouldContain($"base image {mirror.Host}/signed/aspnet@{digest} verified: signed by key {workshop.PublicKey}");
        (await mirror.RequestsAsync(Cancellation)).ShouldContain(request => request.Path == $"/v2/signed/aspnet/manifests/{digest}");

        using var config = JsonDocument.Parse((await Workshop.RunAsync("crane", "config", run.Lines[^1].Trim())).StandardOutput);
        var labels = config.RootElement.GetProperty("config").GetProperty("Labels");
        labels.GetProperty("org.opencontainers.image.base.name").GetString().ShouldBe(Name);
        labels.GetProperty("org.opencontainers.image.base.digest").GetString().ShouldBe(digest);
        foreach (var document in new[] { "sbom.cdx.json", "sbom.spdx.json", "provenance.json" })
        {
            var text = await File.ReadAllTextAsync(project.Path($"bin/Release/net10.0/supply-chain/{document}"), Cancellation);
            text.ShouldContain(digest["sha256:".Length..], Case.Sensitive, document);
            text.ShouldNotContain(mirror.Host, Case.Sensitive, document);
        }

        // Another key; and an image that is not on the list.
        (await Workshop.RunAsync("cosign", "generate-key-pair", "--output-key-prefix", project.Path("other"))).ExitCode.ShouldBe(0);
        var refused = (await project.PublishAsync(Cancellation, [.. arguments, $"-p:SupplyChainBaseImageVerificationKey={project.Path("other.pub")}"])).Failed();
        refused.Output.ShouldContain($"error SCB1023: the base image {mirror.Host}/signed/aspnet@{digest} is not built on: ");
        refused.Output.ShouldNotContain("supply chain: image sha256:");
        var elsewhere = (await project.PublishAsync(Cancellation, [.. arguments, "-p:SupplyChainAllowedBaseImage=mcr.microsoft.com/dotnet/*"])).Failed().Output;
        elsewhere.ShouldContain($"error SCB1020: the base image {Name} is not allowed here", Case.Sensitive, elsewhere);
    }
}
