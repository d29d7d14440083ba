namespace SupplyChain.Build.Tests;

/// <summary>The policy of a repository, what explains it, and the scan of its sources, as a developer sees them.</summary>
[Trait("Category", "Slow")]
public sealed class RepositoryPolicySpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_project_that_loosens_the_policy_is_stopped_before_the_image_is_built_and_the_explanation_says_where_each_value_is_from()
    {
        var project = workshop.Project();
        project.Write("supplychain.policy.json", "{\n  \"severityThreshold\": \"High\",\n  \"maximumDatabaseAgeDays\": 3,\n  \"requiredSteps\": [\"Scan\"]\n}\n");
        project.WriteTargets("\n<PropertyGroup>\n<SupplyChainSeverityThreshold>Critical</SupplyChainSeverityThreshold>\n</PropertyGroup>");
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainScan=false"])).Failed();
        var (policy, targets) = (project.Path("supplychain.policy.json"), project.Path("Directory.Build.targets"));
        run.Output.ShouldContain($"Directory.Build.targets(3): error SCB0120: SupplyChainSeverityThreshold is Critical ({targets}(3)), and the repository's policy demands High or stricter ({policy}(2)).");
        run.Output.ShouldContain($"error SCB0120: SupplyChainScan is false (command line), and the repository's policy demands true ({policy}(4)).");
        run.Output.ShouldNotContain("Building image");

        var explained = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainExplain", "-p:SupplyChainMutableTags=edge")).Failed();
        string Line(string name) => string.Join('|', explained.Lines.First(line => line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal)).Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Line("SupplyChainSeverityThreshold").ShouldBe("SupplyChainSeverityThreshold|Critical|Directory.Build.targets(3)|policy: High or stricter (supplychain.policy.json(2))");
        Line("SupplyChainMaximumDatabaseAgeDays").ShouldBe("SupplyChainMaximumDatabaseAgeDays|3|policy: supplychain.policy.json(3)|policy: 3 or less (supplychain.policy.json(3))");
        Line("SupplyChainMutableTags").ShouldBe("SupplyChainMutableTags|edge|command line");
        Line("SupplyChainVerify").ShouldBe("SupplyChainVerify|true|default");
        explained.Output.ShouldContain("error SCB0120", customMessage: "it says what a publish would say");

        // The policy's own threshold stops the sources, at their lines.
        project.WriteTargets("");
        project.Write("deploy/Dockerfile", "FROM debian:12\nUSER root\n");
        var sources = (await project.DotnetAsync(Cancellation, "build", project.ProjectFile, "-t:SupplyChainScanSource", "-c", "Release")).Failed();
        sources.Output.ShouldMatch("deploy/Dockerfile\\([0-9]+\\): error SCB3510: DS-?0*2 \\(High\\): ");
        sources.Output.ShouldContain("the sources do not pass. Report: bin/Release/net10.0/supply-chain/source/scan.sarif");
        sources.Output.ShouldContain("threshold High");
    }
}
