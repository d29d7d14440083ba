namespace SupplyChain.Build.Tests;

/// <summary>Projects that are published by mistake, or that cannot be: a coded message says so.</summary>
public sealed class RefusedProjectSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_test_project_gets_a_warning_that_says_IsPublishable()
    {
        var run = (await workshop.Project().PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:IsTestProject=true"])).Succeeded();
        run.Output.ShouldContain("warning SCB0104: The test project HelloApi is being published as a container. Set <IsPublishable>false</IsPublishable> in it");
        (await workshop.Project().PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:IsTestProject=true", "-p:IsPublishable=false"])).Succeeded().Output.ShouldNotContain("SCB");
    }

    [Theory]
    [InlineData("-p:ContainerRuntimeIdentifier=win-x64")]
    [InlineData("-p:ContainerRuntimeIdentifiers=\"linux-x64;win-x64\"")]
    public async Task A_Windows_image_is_refused_before_it_is_built(string setting)
    {
        var project = workshop.NewProject();
        project.WriteProject("<RuntimeIdentifiers>linux-x64;win-x64</RuntimeIdentifiers><UseAppHost>false</UseAppHost>");
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, setting])).Failed();

        run.Output.ShouldContain("error SCB0105: the container runtime identifier win-x64 makes a Windows image");
        run.Output.ShouldNotContain("Building image");
        Directory.Exists(project.Path("bin/Release/net10.0/supply-chain/image")).ShouldBeFalse();
    }

    [Fact]
    public async Task The_Docker_format_is_a_warning_and_the_image_is_an_OCI_one()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:ContainerImageFormat=Docker"])).Succeeded();

        run.Output.ShouldContain("warning SCB0106: ContainerImageFormat=Docker cannot be honoured");
        using var receipt = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/receipt.json")));
        receipt.RootElement.GetProperty("mediaType").GetString().ShouldBe("application/vnd.oci.image.manifest.v1+json");
    }
}
