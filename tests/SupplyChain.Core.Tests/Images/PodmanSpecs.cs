using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>The real Podman takes the image, into a store of its own in a temporary folder: nothing of this machine's containers is looked at.</summary>
public sealed class PodmanSpecs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_real_podman_loads_the_image_with_every_tag_and_the_digest_it_had()
    {
        WritePodman();
        SdkArchive.OfOnePlatform("1.0").Write(_folder.File("image.tar"));
        var layout = await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), Token);

        var outcome = await LoadAsync(layout, LoadMode.Always);

        outcome.Image!.Runtime.ShouldBe("Podman");
        outcome.Image.References.ShouldBe(["localhost/contoso/hello:1.0", "localhost/contoso/hello:latest"]);
        var listed = (await PodmanAsync("images", "--digests", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}} {{.ID}}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        listed.Order(StringComparer.Ordinal).ShouldBe(outcome.Image.References.Select(name => $"{name} {layout.Root.Digest} {layout.Platforms[0].Config.Digest}"));
        Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp").ShouldBeEmpty();

        // Once more: nothing is added.
        await LoadAsync(layout, LoadMode.Always);
        (await PodmanAsync("images", "--digests", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}} {{.ID}}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    public void Dispose() => _folder.Dispose();

    private Task<LoadOutcome> LoadAsync(ImageLayout layout, LoadMode mode) =>
        new LocalImageLoader(new ToolRunner(), new FakeMachine { Variables = { ["PATH"] = _folder.File("bin") } }).LoadAsync(
            layout, new ImageReference(null, "contoso/hello"), ["1.0", "latest"], mode, localRegistry: null, Token);

    private async Task<string> PodmanAsync(params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Patience);
        return (await Cli.Wrap(_folder.File("bin/podman")).WithArguments(arguments).ExecuteBufferedAsync(limit.Token)).StandardOutput;
    }

    /// <summary>podman by its own name, with a place for images here and a policy that takes unsigned ones, as Debian's package has it in /etc.</summary>
    private void WritePodman()
    {
        foreach (var folder in new[] { "bin", "store", "home/.config/containers" })
            Directory.CreateDirectory(_folder.File(folder));
        File.WriteAllText(_folder.File("home/.config/containers/policy.json"), """{"default":[{"type":"insecureAcceptAnything"}]}""");
        File.WriteAllText(_folder.File("storage.conf"), $"[storage]\ndriver = \"vfs\"\ngraphroot = \"{_folder.File("store/root")}\"\nrunroot = \"{_folder.File("store/run")}\"\n");
        File.WriteAllText(_folder.File("bin/podman"), $"""
            #!/bin/sh
            export HOME='{_folder.File("home")}' CONTAINERS_STORAGE_CONF='{_folder.File("storage.conf")}' PATH=/usr/sbin:/usr/bin:/sbin:/bin
            exec '{Toolchain.Require("podman-apart")}' --root '{_folder.File("store/root")}' --runroot '{_folder.File("store/run")}' --tmpdir '{_folder.File("store/tmp")}' --storage-driver vfs "$@"

            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File("bin/podman"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
