using System.Text.Json;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>One index over the images of two platforms.</summary>
[Trait("Category", "Slow")]
public sealed class SeveralPlatformsSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Index_and_images_have_the_evidence_there_are_no_other_tags_and_labels_are_whole()
    {
        var project = workshop.Project();
        project.WriteProject(
            "<RuntimeIdentifiers>linux-x64;linux-arm64</RuntimeIdentifiers><UseAppHost>false</UseAppHost><Description>one: two</Description>",
            """<ContainerLabel Include="org.opencontainers.image.source" Value="https://github.com/o/r" /><ContainerEnvironmentVariable Include="ASPNETCORE_URLS" Value="http://+:8080" />""");
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("several"), workshop.Signed, $"-p:ContainerBaseImage={workshop.MultiPlatformBaseImage}"])).Succeeded();

        run.Output.ShouldContain("linux/amd64, linux/arm64");
        var reference = run.Lines[^1].Trim();
        using var index = JsonDocument.Parse((await Workshop.RunAsync("crane", "manifest", $"{workshop.Registry.Host}/several:1.4.0")).StandardOutput);
        var images = index.RootElement.GetProperty("manifests").EnumerateArray().Select(m => $"{reference.Split('@')[0]}@{m.GetProperty("digest").GetString()}").ToArray();
        images.Length.ShouldBe(2);
        foreach (var image in images.Prepend(reference))
        {
            (await workshop.HasCompleteEvidenceAsync(image)).ShouldBeTrue(image);
            (await Workshop.RunAsync("cosign", "verify", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", image)).ExitCode.ShouldBe(0, image);
        }

        // Each image of a platform also has a bill of materials that is about it alone.
        foreach (var image in images)
        {
            var attested = (await Workshop.RunAsync("cosign", "verify-attestation", "--type", "https://cyclonedx.org/bom", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", image)).StandardOutput;
            var statements = attested.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(Convert.FromBase64String(JsonDocument.Parse(line).RootElement.GetProperty("payload").GetString()!)).RootElement).ToList();
            var digest = image.Split('@')[1];
            statements.ShouldContain(statement => statement.GetProperty("subject").GetArrayLength() == 1
                && statement.GetProperty("predicate").GetProperty("metadata").GetProperty("component").GetProperty("version").GetString() == digest);
        }

        // And publishing it again adds nothing to any of them.
        (await project.PublishAsync(Cancellation, [.. workshop.To("several"), workshop.Signed, $"-p:ContainerBaseImage={workshop.MultiPlatformBaseImage}"])).Succeeded().Output.ShouldContain("nothing to add");

        // The SDK alone would have made 1.4.0-linux-x64 and 1.4.0-linux-arm64 as well; docker-registry keeps evidence under tags that begin with sha256-.
        (await Workshop.RunAsync("crane", "ls", $"{workshop.Registry.Host}/several")).StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(tag => !tag.StartsWith("sha256-", StringComparison.Ordinal)).ShouldBe(["1.4.0"]);

        foreach (var image in images)
        {
            using var config = JsonDocument.Parse((await Workshop.RunAsync("crane", "config", image)).StandardOutput);
            var runtime = config.RootElement.GetProperty("config");
            var labels = runtime.GetProperty("Labels");
            labels.GetProperty("org.opencontainers.image.source").GetString().ShouldBe("https://github.com/o/r");
            labels.GetProperty("org.opencontainers.image.description").GetString().ShouldBe("one: two");
            labels.GetProperty("org.opencontainers.image.base.name").GetString().ShouldBe(workshop.MultiPlatformBaseImage);
            labels.GetProperty("org.opencontainers.image.base.digest").GetString().ShouldStartWith("sha256:");
            labels.GetProperty("org.opencontainers.image.created").GetString()!.ShouldMatch("^[0-9-]{10}T[0-9:]{8}Z$");
            runtime.GetProperty("Env").EnumerateArray().Select(entry => entry.GetString()).ShouldContain("ASPNETCORE_URLS=http://+:8080");
        }
    }
}
