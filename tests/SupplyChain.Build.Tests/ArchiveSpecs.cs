using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>The user's own ContainerArchiveOutputPath: the archive comes once the gate has passed, and not before.</summary>
[Trait("Category", "Slow")]
public sealed class ArchiveSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("out/image.tar", "out/image.tar")]
    [InlineData("out/", "out/hello-api.tar.gz")]
    [InlineData("out with spaces", "out with spaces/hello-api.tar.gz")]
    public async Task With_no_registry_the_archive_and_the_layout_hold_the_same_image(string path, string file)
    {
        var project = workshop.Project();
        if (path == "out with spaces")
            Directory.CreateDirectory(project.Path(path));
        using var programs = new FakePrograms().WithDocker();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, $"-p:ContainerArchiveOutputPath={path}"], programs.Environment(workshop))).Succeeded();

        run.Output.ShouldContain($"archive written to {file}");
        ImageFiles.Tags(await ImageFiles.ReadEntryAsync(project.Path(file), "index.json")).ShouldBe(ImageFiles.TagsOfLayout(project.Path("bin/Release/net10.0/supply-chain/image")));
        run.Lines[^1].Trim().ShouldBe($"hello-api@{ImageFiles.Tags(await ImageFiles.ReadEntryAsync(project.Path(file), "index.json"))["latest"]}");
        File.Exists(programs.Loaded).ShouldBeFalse("the SDK loads nothing when an archive is asked for");
    }

    [Fact]
    public async Task With_a_registry_the_archive_holds_the_image_that_is_pushed_and_signed()
    {
        var project = workshop.Project();
        project.WriteProject("<ContainerArchiveOutputPath>out/image.tar</ContainerArchiveOutputPath>");
        (await project.PublishAsync(Cancellation, [.. workshop.To("archived"), workshop.Signed])).Succeeded();

        var pushed = (await Workshop.RunAsync("crane", "digest", $"{workshop.Registry.Host}/archived:1.4.0")).StandardOutput.Trim();
        ImageFiles.Tags(await ImageFiles.ReadEntryAsync(project.Path("out/image.tar"), "index.json")).ShouldBe(new Dictionary<string, string> { ["1.4.0"] = pushed });
    }

    [Fact]
    public async Task SupplyChainPush_false_gives_the_archive_alone()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("not-pushed"), "-p:SupplyChainPush=false", "-p:ContainerArchiveOutputPath=out/image.tar"])).Succeeded();

        run.Output.ShouldContain("not pushed (SupplyChainPush=false)");
        File.Exists(project.Path("out/image.tar")).ShouldBeTrue();
        File.Exists(project.Path("bin/Release/net10.0/supply-chain/digest.txt")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_gate_that_fails_leaves_nothing_at_the_archives_path(bool toRegistry)
    {
        var project = workshop.Project();
        IReadOnlyList<string> destination = toRegistry ? [.. workshop.To("archive-stopped"), workshop.Signed] : [workshop.OnBaseImage];
        var run = (await project.PublishAsync(Cancellation, [.. destination, "-p:ContainerArchiveOutputPath=out/", "-p:SupplyChainSeverityThreshold=Low"])).Failed();

        run.Output.ShouldContain("error SCB3500");
        Directory.Exists(project.Path("out")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_archive_that_cannot_be_written_is_an_error_and_nothing_is_pushed()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var project = workshop.Project();
        project.Write("out", "a file where the folder should be");
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("blocked", host: registry.Host), workshop.Signed, "-p:ContainerArchiveOutputPath=out/image.tar"])).Failed();

        run.Output.ShouldContain("error SCB1008");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }
}
