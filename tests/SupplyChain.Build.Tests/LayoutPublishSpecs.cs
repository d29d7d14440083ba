using System.Text;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>No registry: the image ends in an OCI layout folder, and nothing else is needed on the machine.</summary>
[Trait("Category", "Slow")]
public sealed class LayoutPublishSpecs(Workshop workshop)
{
    private const string Output = "bin/Release/net10.0/supply-chain";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_no_registry_the_image_is_in_a_layout_folder_and_the_last_line_is_its_digest()
    {
        var project = workshop.Project();
        var run = await PublishAsync(project, "-p:ContainerImageTag=1.4.0");

        var layout = project.Path($"{Output}/image");
        var tags = ImageFiles.TagsOfLayout(layout);
        tags.Keys.ShouldBe(["1.4.0"]);
        ImageFiles.ShouldHoldImage(layout, tags["1.4.0"]);
        run.Lines[^1].Trim().ShouldBe($"hello-api@{tags["1.4.0"]}");
        File.ReadAllText(project.Path($"{Output}/digest.txt")).ShouldBe($"hello-api@{tags["1.4.0"]}\n");
        run.Output.ShouldContain("tagged 1.4.0");
        run.Output.ShouldNotContain("signed");
        // Whoever scans the image later finds the application's bill of materials in it; an ordinary publish into the same folder does not.
        (await ImageFiles.FileAsync(layout, tags["1.4.0"], "app/HelloApi.cdx.json")).ShouldNotBeNull();
        File.Exists(project.Path("bin/Release/net10.0/publish/HelloApi.cdx.json")).ShouldBeFalse();
        (await Workshop.RunAsync("oras", "resolve", "--oci-layout", $"{layout}:1.4.0")).StandardOutput.Trim().ShouldBe(tags["1.4.0"]);
    }

    [Fact]
    public async Task The_tasks_for_every_platform_do_the_same_as_those_that_are_compiled_ahead_of_time()
    {
        var project = workshop.Project();
        var tasks = Directory.GetFiles(workshop.Package.Home, "SupplyChain.Build.dll", SearchOption.AllDirectories).Single(file => Path.GetFileName(Path.GetDirectoryName(file)) == "net10.0");
        var run = await PublishAsync(project, $"-p:_SupplyChainTasksAssembly={tasks}");

        var layout = project.Path($"{Output}/image");
        ImageFiles.ShouldHoldImage(layout, ImageFiles.TagsOfLayout(layout)["latest"]);
        run.Lines[^1].Trim().ShouldBe($"hello-api@{ImageFiles.TagsOfLayout(layout)["latest"]}");
    }

    [Fact]
    public async Task SupplyChainSign_true_signs_and_verifies_in_the_layout_as_a_stranger_can()
    {
        var project = workshop.Project();
        var run = await PublishAsync(project, "-p:SupplyChainSign=true", workshop.Signed);

        run.Output.ShouldContain("verified from bin/Release/net10.0/supply-chain/image; tagged latest");
        foreach (var type in new[] { "https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom" })
        {
            var verified = await Workshop.RunAsync(
                "cosign", "verify-attestation", "--local-image", "--type", type, "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", project.Path($"{Output}/image"));
            verified.ExitCode.ShouldBe(0, verified.StandardError);
        }
    }

    [Fact]
    public async Task Publishing_again_moves_latest_and_keeps_the_layout_whole()
    {
        var project = workshop.Project();
        var first = (await PublishAsync(project, "-p:SupplyChainSign=true", workshop.Signed)).Lines[^1].Split('@')[1];
        project.Write("Program.cs", """Console.WriteLine("another");""");
        var second = (await PublishAsync(project, "-p:SupplyChainSign=true", workshop.Signed)).Lines[^1].Split('@')[1];

        second.ShouldNotBe(first);
        var layout = project.Path($"{Output}/image");
        ImageFiles.TagsOfLayout(layout).ShouldBe(new Dictionary<string, string> { ["latest"] = second });
        ImageFiles.ShouldHoldImage(layout, first);
        ImageFiles.ShouldHoldImage(layout, second);
        var verified = await Workshop.RunAsync(
            "cosign", "verify-attestation", "--local-image", "--type", "https://cyclonedx.org/bom", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", layout);
        verified.ExitCode.ShouldBe(0, verified.StandardError);
        using var envelope = JsonDocument.Parse(verified.StandardOutput);
        Encoding.UTF8.GetString(envelope.RootElement.GetProperty("payload").GetBytesFromBase64()).ShouldContain(second.Split(':')[1]);
    }

    [Fact]
    public async Task SupplyChainLoadImage_true_is_an_error_where_neither_Docker_nor_Podman_answers()
    {
        using var programs = new FakePrograms().WithoutContainerEngine();
        var run = (await workshop.Project().PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainLoadImage=true"], programs.Environment(workshop))).Failed();
        run.Output.ShouldContain("error SCB1010: SupplyChainLoadImage=true, but 'docker version' and 'podman version' do not answer.");
        run.Output.ShouldContain("auto or false");
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("false")]
    public async Task SupplyChainLoadImage_auto_and_false_need_no_container_engine(string mode)
    {
        using var programs = new FakePrograms().WithoutContainerEngine();
        var run = (await workshop.Project().PublishAsync(Cancellation, [workshop.OnBaseImage, $"-p:SupplyChainLoadImage={mode}"], programs.Environment(workshop))).Succeeded();
        run.Output.ShouldNotContain("Docker");
        run.Lines[^1].ShouldContain("hello-api@sha256:");
    }

    [Fact]
    public async Task A_fake_Docker_on_PATH_gets_the_published_image_once_it_has_been_tagged()
    {
        using var programs = new FakePrograms().WithDocker();
        var run = (await workshop.Project().PublishAsync(
            Cancellation, [workshop.OnBaseImage, "-p:ContainerImageTags=\"1.4.0;latest\""], programs.Environment(workshop))).Succeeded();

        run.Output.ShouldContain("loaded into Docker as hello-api:1.4.0, hello-api:latest");
        ImageFiles.Tags(await ImageFiles.ReadEntryAsync(programs.Loaded, "index.json")).Values.Distinct().ShouldBe([run.Lines[^1].Split('@')[1]]);
        using var manifest = JsonDocument.Parse(await ImageFiles.ReadEntryAsync(programs.Loaded, "manifest.json"));
        manifest.RootElement[0].GetProperty("RepoTags").EnumerateArray().Select(tag => tag.GetString()).ShouldBe(["hello-api:1.4.0", "hello-api:latest"]);
    }

    [Fact]
    public async Task A_gate_that_fails_leaves_no_layout_and_loads_nothing()
    {
        using var programs = new FakePrograms().WithDocker();
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=Low"], programs.Environment(workshop))).Failed();

        run.Output.ShouldContain("error SCB3500");
        Directory.Exists(project.Path($"{Output}/image")).ShouldBeFalse();
        File.Exists(project.Path($"{Output}/digest.txt")).ShouldBeFalse();
        File.Exists(programs.Loaded).ShouldBeFalse();
    }

    [Fact]
    public async Task What_an_earlier_publish_wrote_does_not_outlive_one_that_fails()
    {
        var project = workshop.Project();
        await PublishAsync(project, "-p:SupplyChainSign=true", workshop.Signed);
        File.Exists(project.Path($"{Output}/digest.txt")).ShouldBeTrue();
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=Low"])).Failed();

        Directory.GetFiles(project.Path(Output)).Select(Path.GetFileName).ShouldBe(
            ["scan.json", "scan.sarif", "report.html", "report.md", "scan.inventory.trivy.json", "scan.linux-amd64.trivy.json", "sbom.cdx.json", "sbom.spdx.json", "build.cdx.json"],
            ignoreOrder: true,
            "what says why this publish failed is new, and nothing of the earlier one is left");
        ImageFiles.TagsOfLayout(project.Path($"{Output}/image")).Keys.ShouldBe(["latest"], "what was published stays published");
    }

    private async Task<DotnetRun> PublishAsync(TestProject project, params string[] arguments) =>
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainLoadImage=false", .. arguments])).Succeeded();
}
