using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A publish for verifiers that know nothing but cosign's older layout.</summary>
public sealed class SignatureFormatSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Legacy")]
    [InlineData("Both")]
    public async Task The_older_layout_is_verified_by_cosign_2_and_by_cosign_3(string format)
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var project = workshop.Project();
        string[] arguments = [.. workshop.To("older", host: registry.Host), workshop.Signed, $"-p:SupplyChainSignatureFormat={format}"];
        var first = (await project.PublishAsync(Cancellation, arguments)).Succeeded();
        var reference = first.Lines[^1].Trim();
        string[] stranger = ["--key", workshop.PublicKey, "--insecure-ignore-tlog=true", reference];
        (await Workshop.RunAsync("cosign2", ["verify", .. stranger])).ExitCode.ShouldBe(0);
        (await Workshop.RunAsync("cosign2", ["verify-attestation", "--type", "https://slsa.dev/provenance/v1", .. stranger])).ExitCode.ShouldBe(0);
        (await Workshop.RunAsync("cosign", ["verify", .. stranger])).ExitCode.ShouldBe(0);
    }
}
