using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>
/// docker and podman are scripts here: a container runtime cannot be had everywhere. What they are given was tried with the real ones: Docker
/// 20.10 (classic store) and 28.5 (containerd store), and Podman 4.3, which <see cref="PodmanSpecs"/> runs.
/// </summary>
public sealed class LocalImageLoaderSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public LocalImageLoaderSpecs() => Directory.CreateDirectory(_folder.File("bin"));

    private string Log => File.Exists(_folder.File("log")) ? File.ReadAllText(_folder.File("log")) : "";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_fake_docker_that_answers_gets_an_archive_with_every_tag()
    {
        Fake("docker", $"echo 'Client: Docker Engine'; [ $1 = load ] && cp \"$3\" '{_folder.File("loaded.tar")}'; exit 0");
        Fake("podman", "echo 'Client: Podman Engine'; exit 0");
        var outcome = await Load(LoadMode.Auto);

        outcome.Image!.Runtime.ShouldBe("Docker");
        outcome.Image.References.ShouldBe(["contoso/hello:1.0", "contoso/hello:latest"]);
        outcome.Warning.ShouldBeNull();
        var loaded = await OciArchive.OpenAsync(_folder.File("loaded.tar"), _folder.File("loaded"), TestContext.Current.CancellationToken);
        loaded.Tags.ShouldBe(["1.0", "latest"]);
        LeftBesideTheLayout().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fake_podman_gets_an_archive_with_one_name_that_says_it_is_local_and_the_other_tags_after_it()
    {
        Fake("podman", "echo 'Client: Podman Engine'; exit 0");
        var outcome = await Load(LoadMode.Always);

        outcome.Image!.Runtime.ShouldBe("Podman");
        outcome.Image.References.ShouldBe(["localhost/contoso/hello:1.0", "localhost/contoso/hello:latest"]);
        Log.ShouldContain("podman tag localhost/contoso/hello:1.0 localhost/contoso/hello:latest");
    }

    [Fact]
    public async Task A_fake_docker_that_is_podman_under_another_name_is_called_podman()
    {
        Fake("docker", "echo 'Emulate Docker CLI using podman.' >&2; echo 'Client: Podman Engine'; exit 0");
        Fake("podman", "echo 'Client: Podman Engine'; exit 0");
        await Load(LoadMode.Auto);

        Log.ShouldContain("podman load");
        Log.ShouldNotContain("docker load");
    }

    [Fact]
    public async Task A_fake_docker_whose_daemon_is_not_there_is_passed_over()
    {
        Fake("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
        Fake("podman", "exit 0");
        (await Load(LoadMode.Auto)).Image!.Runtime.ShouldBe("Podman");
    }

    [Theory]
    [InlineData("docker", "Docker")]
    [InlineData("Podman", "Podman")]
    public async Task The_local_registry_of_the_sdk_says_which_fake_is_asked(string localRegistry, string runtime)
    {
        Fake("docker", "exit 0");
        Fake("podman", "exit 0");
        var outcome = await Load(LoadMode.Auto, localRegistry);

        outcome.Image!.Runtime.ShouldBe(runtime);
        Log.ShouldNotContain(runtime == "Docker" ? "podman" : "docker");
    }

    [Fact]
    public async Task With_auto_it_is_no_failure_that_none_answers()
    {
        var outcome = await Load(LoadMode.Auto);

        outcome.Image.ShouldBeNull();
        outcome.Warning.ShouldBeNull();
        outcome.Summary.ShouldBe("not loaded into Docker or Podman: 'docker version' and 'podman version' do not answer");
    }

    [Fact]
    public async Task With_true_it_is_an_error_that_none_answers_and_it_says_what_was_tried()
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => Load(LoadMode.Always));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.LoadFailed);
        error.Message.ShouldContain("'docker version' and 'podman version'");
    }

    [Fact]
    public async Task A_runtime_that_a_later_sdk_knows_is_left_alone()
    {
        Fake("docker", "exit 0");
        (await Load(LoadMode.Auto, "wslc")).Summary.ShouldContain("LocalRegistry is 'wslc'");
        (await Should.ThrowAsync<DiagnosticException>(() => Load(LoadMode.Always, "wslc"))).Message.ShouldContain("Docker, Podman");
        Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_false_nothing_is_started()
    {
        Fake("docker", "exit 0");
        (await Load(LoadMode.Never)).Image.ShouldBeNull();
        Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fake_docker_that_refuses_the_image_is_a_warning_with_auto_and_an_error_with_true()
    {
        Fake("docker", "[ $1 = load ] && { echo 'no space left on device' >&2; exit 1; }; exit 0");
        var outcome = await Load(LoadMode.Auto);

        outcome.Image.ShouldBeNull();
        outcome.Warning!.Code.ShouldBe(DiagnosticCodes.LoadSkipped);
        outcome.Warning.Severity.ShouldBe(DiagnosticSeverity.Warning);
        outcome.Warning.Message.ShouldContain("no space left on device");
        LeftBesideTheLayout().ShouldBeEmpty();

        var error = await Should.ThrowAsync<DiagnosticException>(() => Load(LoadMode.Always));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.LoadFailed);
        error.Message.ShouldContain("no space left on device");
        LeftBesideTheLayout().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_layout_that_was_changed_is_an_error_even_with_auto()
    {
        Fake("docker", "exit 0");
        var layout = await Open(SdkArchive.OfOnePlatform("1.0"));
        File.WriteAllText(layout.BlobPath(layout.Platforms[0].Layers[0].Digest), "changed");

        var error = await Should.ThrowAsync<DiagnosticException>(() => Load(layout, LoadMode.Auto));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageChanged);
        Log.ShouldNotContain("load");
    }

    [Fact]
    public async Task Several_platforms_go_only_to_a_fake_docker_with_the_containerd_store()
    {
        var layout = await Open(SdkArchive.OfTwoPlatforms("1.0"));
        Fake("docker", "[ $1 = info ] && echo '[[\"Backing Filesystem\",\"extfs\"]]'; exit 0");
        (await Load(layout, LoadMode.Auto)).Summary.ShouldContain("2 platforms");
        Log.ShouldNotContain("load");

        Fake("docker", "[ $1 = info ] && echo '[[\"driver-type\",\"io.containerd.snapshotter.v1\"]]'; exit 0");
        (await Load(layout, LoadMode.Auto)).Image.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(null, LoadMode.Auto)]
    [InlineData("", LoadMode.Auto)]
    [InlineData("Auto", LoadMode.Auto)]
    [InlineData("true", LoadMode.Always)]
    [InlineData("False", LoadMode.Never)]
    public void The_property_has_three_values(string? text, LoadMode expected)
    {
        LoadModes.TryParse(text, out var mode).ShouldBeTrue();
        mode.ShouldBe(expected);
        LoadModes.TryParse("yes", out _).ShouldBeFalse();
    }

    private async Task<LoadOutcome> Load(LoadMode mode, string? localRegistry = null) =>
        await Load(await Open(SdkArchive.OfOnePlatform("1.0")), mode, localRegistry);

    private Task<LoadOutcome> Load(ImageLayout layout, LoadMode mode, string? localRegistry = null) =>
        new LocalImageLoader(new ToolRunner(), new FakeMachine { Variables = { ["PATH"] = _folder.File("bin") } }).LoadAsync(
            layout, new ImageReference(null, "contoso/hello"), ["1.0", "latest"], mode, localRegistry, TestContext.Current.CancellationToken);

    private async Task<ImageLayout> Open(SdkArchive archive)
    {
        archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken);
    }

    private void Fake(string name, string script)
    {
        var file = _folder.File($"bin/{name}");
        File.WriteAllText(file, $"#!/bin/sh\necho \"{name} $*\" >> '{_folder.File("log")}'\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private IEnumerable<string> LeftBesideTheLayout() => Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp");
}
