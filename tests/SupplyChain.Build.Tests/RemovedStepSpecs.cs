using System.Text;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A step that is taken out of SupplyChainPublishDependsOn: an error that names what is missing, and never a tag.</summary>
public sealed class RemovedStepSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Without_any_one_of_the_steps_before_it_there_is_no_tag()
    {
        (string Step, string Error)[] cases =
        [
            ("SupplyChainOpenImage", "SCB0109"),
            ("SupplyChainReadProject", "SCB0109"),
            ("SupplyChainScanImage", "SCB0109"),
            ("SupplyChainBuildSbom", "SCB0109"),
            ("SupplyChainEvaluateGate", "SCB0109"),
            ("SupplyChainWriteProvenance", "SCB0109"),
            ("SupplyChainPushImage", "SCB0109"),
            ("SupplyChainAttachEvidence", "SCB5801"),
            ("SupplyChainVerifyEvidence", "SCB5802"),
        ];
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var project = workshop.Project();
        // One process for all: each is a publish of its own, without one step.
        var items = new StringBuilder();
        foreach (var (step, _) in cases)
            items.Append($"""<Case Include="{step}" Repository="{step.ToLowerInvariant()}" />""");
        project.WriteTargets($"""
            <Choose><When Condition="'$(WithoutStep)' != ''">{Workshop.WithoutStep("$(WithoutStep)")}</When></Choose>
            <ItemGroup>{items}</ItemGroup>
            <Target Name="PublishWithoutEach">
              <MSBuild Projects="$(MSBuildProjectFullPath)" Targets="Publish;PublishContainer" ContinueOnError="true"
                       Properties="Configuration=Release;ContainerRepository=%(Case.Repository);WithoutStep=%(Case.Identity)" />
            </Target>
            """);
        var run = (await project.DotnetAsync(
            Cancellation,
            ["msbuild", project.ProjectFile, "-t:PublishWithoutEach", .. workshop.To("x", host: registry.Host).Where(argument => !argument.Contains("ContainerRepository")), workshop.Signed])).Failed();

        run.Lines.Select(line => line.Split("error SCB")).Where(parts => parts.Length == 2).Select(parts => "SCB" + parts[1][..4])
            .ShouldBe(cases.Select(item => item.Error));
        (await registry.WritesAsync(Cancellation)).ShouldAllBe(request => !request.Path.EndsWith("/manifests/1.4.0", StringComparison.Ordinal));
    }
}
