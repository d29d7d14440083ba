using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>The targets for any image, as a person calls them.</summary>
public sealed class VerifyImageSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_published_image_is_verified_and_its_SBOM_fetched_and_what_is_not_as_expected_is_refused()
    {
        var project = workshop.Project();
        (await project.PublishAsync(Cancellation, [.. workshop.To("asked"), workshop.Signed])).Succeeded();
        var image = $"-p:SupplyChainImageReference={workshop.Registry.Host}/asked:1.4.0";
        var key = $"-p:SupplyChainVerificationKey={workshop.PublicKey}";

        var run = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image, key)).Succeeded();
        run.Output.ShouldContain($"{workshop.Registry.Host}/asked@sha256:");
        foreach (var line in new[] { "signed      key ", "SBOM        CycloneDX 1.6, ", "scan        ", "provenance  ", "supply chain: verified" })
            run.Output.ShouldContain(line);
        run.Output.ShouldNotContain("->", customMessage: "nothing is built");

        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image)).Failed().Output.ShouldContain("error SCB5007: nobody says who must have signed");
        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image, key, "-p:SupplyChainVerificationThreshold=Low", "-p:SupplyChainVerificationBuilder=https://github.com/actions/*")).Failed()
            .Output.ShouldContain("its provenance names the builder");

        var download = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainDownloadSbom", "-c", "Release", image, key)).Succeeded();
        download.Lines.ShouldContain(line => line.Trim().StartsWith("libc6 ", StringComparison.Ordinal));
        using var sbom = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/downloaded/asked.cdx.json")));
        sbom.RootElement.GetProperty("bomFormat").GetString().ShouldBe("CycloneDX");
    }
}
