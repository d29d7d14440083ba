using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>scanned == pushed == signed == verified == tagged: something between the steps changes what they wrote, and there is no tag.</summary>
[Trait("Category", "Slow")]
public sealed class TamperSpecs(Workshop workshop)
{
    private const string State = "obj/Release/net10.0/supply-chain";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ls -S blobs/sha256/* | tail -n 1")]
    [InlineData("ls -S blobs/sha256/* | tail -n 2 | head -n 1")]
    [InlineData("ls -S blobs/sha256/* | tail -n 3 | head -n 1")]
    // The base image's: the registry has it already, so it is not uploaded.
    [InlineData("ls -S blobs/sha256/* | head -n 1")]
    public async Task A_blob_that_changes_after_the_scan_is_found(string select)
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        await BaseImages.PushToAsync(registry.Host, Cancellation, "tampered", "base");
        // One byte, in the middle: the size stays. No text has a zero in it. A new file takes the name: the old one may be the base layer of other publishes too, which run beside this one.
        var run = await PublishAsync(registry, "SupplyChainScanImage", $"""
            cd {State}/image
            blob=$({select})
            cat "$blob" > changed
            head -c 1 /dev/zero | dd of=changed bs=1 seek=$(($(stat -c %s "$blob") / 2)) conv=notrunc 2> /dev/null
            mv -f changed "$blob"
            """);

        run.Output.ShouldContain("error SCB1005");
        await ShouldHaveNoTagAsync(registry);
    }

    [Fact]
    public async Task A_blob_that_is_gone_after_the_scan_is_missed()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        (await PublishAsync(registry, "SupplyChainEvaluateGate", $"rm $(ls -S {State}/image/blobs/sha256/* | tail -n 1)")).Output.ShouldContain("error SCB100");
        await ShouldHaveNoTagAsync(registry);
    }

    [Fact]
    public async Task A_verdict_about_another_image_lets_nothing_out()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var run = await PublishAsync(registry, "SupplyChainEvaluateGate", $"sed -i 's/\"sha256:[0-9a-f]*\"/\"sha256:{new string('a', 64)}\"/' {State}/verdict.json");
        run.Output.ShouldContain("error SCB1005: the gate judged sha256:aaaaaaaaaaaa…, but the image to push is sha256:");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("SupplyChainEvaluateGate", "verdict.json", "SCB0109")]
    [InlineData("SupplyChainPushImage", "evidence.json", "SCB0109")]
    [InlineData("SupplyChainVerifyEvidence", "verification.json", "SCB5802")]
    [InlineData("SupplyChainVerifyEvidence", "pushed.json", "SCB0109")]
    public async Task A_state_file_that_is_deleted_means_no_tag(string after, string file, string code)
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        (await PublishAsync(registry, after, $"rm {State}/{file}")).Output.ShouldContain($"error {code}: ");
        await ShouldHaveNoTagAsync(registry);
    }

    [Theory]
    [InlineData("SupplyChainBuildSbom", "echo ' ' >> bin/Release/net10.0/supply-chain/sbom.cdx.json", "SCB5802")]
    [InlineData("SupplyChainPushImage", "sed -i 's/\"sig\":\"ME../\"sig\":\"MEXX/' bin/Release/net10.0/supply-chain/sbom.cdx.sigstore.json", "SCB58")]
    [InlineData("SupplyChainVerifyEvidence", "sed -i 's/sha256:[0-9a-f]*/sha256:bbbb/' " + State + "/verification.json", "SCB0109")]
    public async Task Evidence_that_changes_after_its_step_means_no_tag(string after, string tamper, string code)
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        (await PublishAsync(registry, after, tamper)).Output.ShouldContain($"error {code}");
        await ShouldHaveNoTagAsync(registry);
    }

    private async Task<DotnetRun> PublishAsync(DockerRegistry registry, string after, string tamper)
    {
        var project = workshop.Project()
            .Write("tamper.sh", $"set -e\n{tamper}\n")
            .WriteTargets($"""<Target Name="Tamper" AfterTargets="{after}"><Exec Command="sh tamper.sh" /></Target>""");
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("tampered", host: registry.Host), workshop.Signed])).Failed();
        run.Output.ShouldNotContain("SCB9001");
        run.Output.ShouldNotContain("MSB3073", Case.Sensitive, "the tampering itself went wrong");
        File.Exists(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).ShouldBeFalse();
        return run;
    }

    private static async Task ShouldHaveNoTagAsync(DockerRegistry registry) =>
        (await registry.WritesAsync(Cancellation)).ShouldAllBe(request => !request.Path.EndsWith("/manifests/1.4.0", StringComparison.Ordinal));
}
