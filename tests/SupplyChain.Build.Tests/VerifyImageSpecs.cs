using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>The targets for any image, as a person calls them.</summary>
[Trait("Category", "Slow")]
public sealed class VerifyImageSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_published_image_is_verified_and_its_SBOM_fetched_and_what_is_not_as_expected_is_refused()
    {
        var project = workshop.Project().WriteTargets("""
            <PropertyGroup><SupplyChainAttestations>Sbom;Vulnerabilities;Provenance;Vex</SupplyChainAttestations></PropertyGroup>
            <ItemGroup><SupplyChainWaiver Include="CVE-2025-69720" Expires="2099-12-31" Reason="no terminal in the image" Condition="'$(Accepted)' != 'false'" /></ItemGroup>
            """);
        (await project.PublishAsync(Cancellation, [.. workshop.To("asked"), workshop.Signed, "-p:SupplyChainSeverityThreshold=High"])).Succeeded()
            .Output.ShouldContain("OpenVEX document, scan result, provenance");
        var image = $"-p:SupplyChainImageReference={workshop.Registry.Host}/asked:1.4.0";
        var key = $"-p:SupplyChainVerificationKey={workshop.PublicKey}";

        var run = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image, key)).Succeeded();
        run.Output.ShouldContain($"{workshop.Registry.Host}/asked@sha256:");
        foreach (var line in new[] { "signed      key ", "SBOM        CycloneDX 1.6, ", "scan        ", "provenance  ", "VEX         OpenVEX, ", "supply chain: verified" })
            run.Output.ShouldContain(line);
        var vex = await Workshop.RunAsync("cosign", ["verify-attestation", "--type", "openvex", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", $"{workshop.Registry.Host}/asked:1.4.0"]);
        vex.ExitCode.ShouldBe(0, vex.StandardError);
        var statement = JsonDocument.Parse(JsonDocument.Parse(vex.StandardOutput.Split('\n')[0]).RootElement.GetProperty("payload").GetBytesFromBase64()).RootElement;
        statement.GetProperty("_type").GetString().ShouldBe("https://in-toto.io/Statement/v1");
        statement.GetProperty("predicateType").GetString().ShouldBe("https://openvex.dev/ns");
        statement.GetProperty("predicate").GetProperty("statements").EnumerateArray().ShouldContain(one =>
            one.GetProperty("vulnerability").GetProperty("name").GetString() == "CVE-2025-69720" && one.GetProperty("status").GetString() == "affected");
        run.Output.ShouldNotContain("->", customMessage: "nothing is built");

        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image)).Failed().Output.ShouldContain("error SCB5007: nobody says who must have signed");
        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainVerifyImage", image, key, "-p:SupplyChainVerificationThreshold=Low", "-p:SupplyChainVerificationBuilder=https://github.com/actions/*")).Failed()
            .Output.ShouldContain("its provenance names the builder");

        var download = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainDownloadSbom", "-c", "Release", image, key)).Succeeded();
        download.Lines.ShouldContain(line => line.Trim().StartsWith("libc6 ", StringComparison.Ordinal));
        using var sbom = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/downloaded/asked.cdx.json")));
        sbom.RootElement.GetProperty("bomFormat").GetString().ShouldBe("CycloneDX");

        // Today's database, threshold and waivers against what was published.
        var rescan = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainRescanImage", "-c", "Release", image, key, "-p:SupplyChainSeverityThreshold=High", "-p:Accepted=false")).Failed();
        rescan.Output.ShouldContain("error SCB3502: libtinfo6 ");
        rescan.Output.ShouldContain("has CVE-2025-69720 (High)");
        rescan.Output.ShouldContain("error SCB3500: ");
        rescan.Output.ShouldContain("the published image no longer passes: publish it anew. Report: bin/Release/net10.0/supply-chain/rescan/scan.sarif");
        File.Exists(project.Path("bin/Release/net10.0/supply-chain/rescan/scan.json")).ShouldBeTrue();
        (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainRescanImage", image)).Failed().Output.ShouldContain("error SCB5007: nobody says who must have signed");
    }
}
