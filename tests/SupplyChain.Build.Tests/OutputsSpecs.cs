using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>What other targets and CI systems get from a publish, and where they can stand in it.</summary>
[Trait("Category", "Slow")]
public sealed class OutputsSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_target_after_SupplyChainPublish_gets_the_image_with_its_metadata()
    {
        var project = workshop.Project().WriteTargets("""
            <Target Name="Deploy" AfterTargets="SupplyChainPublish">
              <Message Importance="high" Text="identity=%(SupplyChainImage.Identity) reference=%(Reference) digest=%(Digest) type=%(MediaType) tags=%(Tags) signed=%(Signed)" />
              <Message Importance="high" Text="sbom=%(SupplyChainImage.SbomPath) receipt=%(ReceiptPath)" />
            </Target>
            """);
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("outputs"), workshop.Signed, "-p:ContainerImageTag=", "-p:ContainerImageTags=\"1.4.0;1.4\""])).Succeeded();

        var digest = (await Workshop.RunAsync("crane", "digest", $"{workshop.Registry.Host}/outputs:1.4.0")).StandardOutput.Trim();
        var reference = $"{workshop.Registry.Host}/outputs@{digest}";
        var output = project.Path("bin/Release/net10.0/supply-chain");
        run.Output.ShouldContain($"identity={reference} reference={reference} digest={digest} type=application/vnd.oci.image.manifest.v1+json tags=1.4.0;1.4 signed=true");
        run.Output.ShouldContain($"sbom={output}/sbom.cdx.json receipt={output}/receipt.json");
    }

    [Fact]
    public async Task Own_targets_stand_before_and_after_each_step_and_at_the_end_of_the_list()
    {
        var project = workshop.Project().WriteTargets("""
            <PropertyGroup><SupplyChainPublishDependsOn>$(SupplyChainPublishDependsOn);Announce</SupplyChainPublishDependsOn></PropertyGroup>
            <Target Name="LookAtScan" BeforeTargets="SupplyChainEvaluateGate">
              <Error Text="no scan yet" Condition="!Exists('$(IntermediateOutputPath)supply-chain/scan.json')" />
              <Error Text="a verdict already" Condition="Exists('$(IntermediateOutputPath)supply-chain/verdict.json')" />
              <Message Importance="high" Text="own: before the gate" />
            </Target>
            <Target Name="LookAtVerdict" AfterTargets="SupplyChainEvaluateGate">
              <Error Text="no verdict yet" Condition="!Exists('$(IntermediateOutputPath)supply-chain/verdict.json')" />
              <Message Importance="high" Text="own: after the gate" />
            </Target>
            <Target Name="Announce">
              <Message Importance="high" Text="own: announce @(SupplyChainImage->'%(Digest)')" />
            </Target>
            """);
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();

        var lines = run.Lines.Select(line => line.Trim()).ToList();
        string[] order = ["own: before the gate", "supply chain: scanned with", "own: after the gate", "supply chain: tagged latest", "hello-api@sha256:", "own: announce sha256:"];
        order.Select(start => lines.FindIndex(line => line.StartsWith(start, StringComparison.Ordinal))).ShouldBeInOrder();
        lines.ShouldContain(order[0]);
    }

    [Fact]
    public async Task A_target_after_SupplyChainPublish_does_not_run_when_the_gate_fails()
    {
        var project = workshop.Project().WriteTargets("""<Target Name="Deploy" AfterTargets="SupplyChainPublish"><Message Importance="high" Text="deployed" /></Target>""");
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=Low"])).Failed();
        run.Output.ShouldNotContain("deployed");
    }

    [Fact]
    public async Task The_receipt_names_no_tag_that_was_not_set()
    {
        var project = workshop.Project().WriteTargets(Workshop.WithoutStep("SupplyChainTagImage"));
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();

        using var receipt = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/receipt.json")));
        receipt.RootElement.GetProperty("tags").GetArrayLength().ShouldBe(0);
        ImageFiles.TagsOfLayout(project.Path("bin/Release/net10.0/supply-chain/image")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_terminal_logger_shows_the_digest_as_the_result_of_the_project()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-tl:on"])).Succeeded();
        run.Lines.ShouldContain(line => line.Contains("HelloApi") && line.Contains("→ ") && line.Contains(File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).Trim()));
    }

    /// <summary>The console logger indents; the agent of Azure Pipelines looks for ##vso[ anywhere in a line (its Command.TryParse) and takes all that follows.</summary>
    [Fact]
    public async Task GitHub_GitLab_and_Azure_Pipelines_each_get_digest_and_reference()
    {
        var project = workshop.Project().Write("github-output", "already=there\n");
        var run = (await project.PublishAsync(
            Cancellation,
            [workshop.OnBaseImage],
            new Dictionary<string, string?> { ["GITHUB_OUTPUT"] = project.Path("github-output"), ["GITLAB_CI"] = "true", ["TF_BUILD"] = "True" })).Succeeded();

        var reference = File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).Trim();
        var digest = reference.Split('@')[1];
        File.ReadAllText(project.Path("github-output")).ShouldBe($"already=there\nsupply-chain-reference={reference}\nsupply-chain-digest={digest}\n");
        File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/supply-chain.env")).ShouldBe($"SUPPLY_CHAIN_REFERENCE={reference}\nSUPPLY_CHAIN_DIGEST={digest}\n");
        run.Lines.Where(line => line.Contains("##vso[task.setvariable")).Select(line => line[line.IndexOf("##vso[", StringComparison.Ordinal)..]).ShouldBe(
        [
            $"##vso[task.setvariable variable=SupplyChainReference;isOutput=true]{reference}",
            $"##vso[task.setvariable variable=SupplyChainDigest;isOutput=true]{digest}",
        ]);
        run.Lines[^1].Trim().ShouldBe(reference);
    }

    [Fact]
    public async Task A_publish_that_fails_tells_CI_systems_nothing()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(
            Cancellation,
            [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=Low"],
            new Dictionary<string, string?> { ["GITHUB_OUTPUT"] = project.Path("github-output"), ["TF_BUILD"] = "True" })).Failed();
        File.Exists(project.Path("github-output")).ShouldBeFalse();
        run.Output.ShouldNotContain("##vso[task.setvariable");
    }
}
