using System.Formats.Tar;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class OciArchiveWriterSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Written => _folder.File("out/hello.tar");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_can_be_opened_again_and_is_the_same_image()
    {
        foreach (var archive in new[] { SdkArchive.OfOnePlatform("1.0"), SdkArchive.OfTwoPlatforms("1.0") })
        {
            var layout = await Write(archive, "1.0", "latest");
            var again = await OciArchive.OpenAsync(Written, _folder.File("again"), TestContext.Current.CancellationToken);

            again.Root.ShouldBe(layout.Root);
            again.Tags.ShouldBe(["1.0", "latest"]);
            again.Platforms.Select(image => image.Platform).ShouldBe(layout.Platforms.Select(image => image.Platform));
        }
    }

    [Fact]
    public async Task Every_tag_has_a_descriptor_with_the_names_that_the_sdk_writes()
    {
        await Write(SdkArchive.OfOnePlatform("1.0"), "1.0", "latest");
        var manifests = JsonNode.Parse(Entries()["index.json"])!["manifests"]!.AsArray();

        manifests.Select(manifest => (string)manifest!["annotations"]!["io.containerd.image.name"]!).ShouldBe(["docker.io/contoso/hello:1.0", "docker.io/contoso/hello:latest"]);
        manifests.Select(manifest => (string)manifest!["annotations"]!["org.opencontainers.image.ref.name"]!).ShouldBe(["1.0", "latest"]);
    }

    [Theory]
    [InlineData(null, "hello", "docker.io/library/hello:1.0")]
    [InlineData(null, "contoso/hello", "docker.io/contoso/hello:1.0")]
    [InlineData("registry.example.com:5000", "hello", "registry.example.com:5000/hello:1.0")]
    public async Task A_name_without_a_registry_is_completed_as_docker_completes_it(string? registry, string repository, string name)
    {
        var layout = await Open(SdkArchive.OfOnePlatform("1.0"));
        await OciArchiveWriter.WriteAsync(layout, new ImageReference(registry, repository), ["1.0"], Written, TestContext.Current.CancellationToken);

        Entries()["index.json"].ShouldContain($"\"{name}\"");
    }

    [Fact]
    public async Task For_one_platform_dockers_own_manifest_names_the_same_blobs()
    {
        var layout = await Write(SdkArchive.OfOnePlatform("1.0"), "1.0");
        var entries = Entries();
        var manifest = JsonNode.Parse(entries["manifest.json"])!.AsArray().ShouldHaveSingleItem()!;

        ((string)manifest["Config"]!).ShouldBe(SdkArchive.BlobName(layout.Platforms[0].Config.Digest));
        manifest["RepoTags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(["contoso/hello:1.0"]);
        manifest["Layers"]!.AsArray().Select(layer => (string)layer!).ShouldBe(layout.Platforms[0].Layers.Select(layer => SdkArchive.BlobName(layer.Digest)));
        entries.Keys.ShouldContain((string)manifest["Config"]!);
    }

    [Fact]
    public async Task For_several_platforms_there_is_no_docker_manifest()
    {
        await Write(SdkArchive.OfTwoPlatforms("1.0"), "1.0");
        Entries().Keys.ShouldNotContain("manifest.json");
    }

    [Fact]
    public async Task The_same_image_and_tags_give_the_same_bytes()
    {
        await Write(SdkArchive.OfTwoPlatforms("1.0"), "1.0");
        var first = Digest.Of(File.ReadAllBytes(Written));
        await Write(SdkArchive.OfTwoPlatforms("1.0"), "1.0");

        Digest.Of(File.ReadAllBytes(Written)).ShouldBe(first);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("longer")]
    [InlineData("missing")]
    public async Task A_layout_that_was_changed_after_the_gate_is_not_handed_out(string how)
    {
        var layout = await Write(SdkArchive.OfOnePlatform("1.0"), "1.0");
        var before = Digest.Of(File.ReadAllBytes(Written));
        var blob = layout.BlobPath(layout.Platforms[0].Layers[1].Digest);
        if (how == "missing")
            File.Delete(blob);
        else
            Change(blob, how == "longer");

        (await Should.ThrowAsync<DiagnosticException>(() => Write(layout, "1.0"))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageChanged);
        (await Should.ThrowAsync<DiagnosticException>(() => LayoutCheck.RunAsync(layout, [.. layout.ListBlobs(), .. layout.ListManifests()], TestContext.Current.CancellationToken))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageChanged);
        Digest.Of(File.ReadAllBytes(Written)).ShouldBe(before);
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Written)!).ShouldBe([Written]);
    }

    [Fact]
    public async Task A_layout_that_nobody_touched_passes_the_check()
    {
        var layout = await Open(SdkArchive.OfTwoPlatforms("1.0"));
        await LayoutCheck.RunAsync(layout, [.. layout.ListBlobs(), .. layout.ListManifests()], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_path_that_cannot_be_written_is_a_coded_error()
    {
        var layout = await Open(SdkArchive.OfOnePlatform("1.0"));
        File.WriteAllText(_folder.File("file"), "");
        var error = await Should.ThrowAsync<DiagnosticException>(
            () => OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "hello"), ["1.0"], _folder.File("file/hello.tar"), TestContext.Current.CancellationToken));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveUnwritable);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing()
    {
        var layout = await Open(SdkArchive.OfOnePlatform("1.0"));
        await Should.ThrowAsync<OperationCanceledException>(
            () => OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "hello"), ["1.0"], Written, new CancellationToken(canceled: true)));
        File.Exists(Written).ShouldBeFalse();
    }

    [Fact]
    public void Sizes_over_eight_gibibytes_have_a_header_that_reads_back()
    {
        var header = TarHeader.Parse(TarHeader.Write("blobs/sha256/x", 20L << 30));
        header.ShouldBe(new TarHeader("blobs/sha256/x", (byte)'0', 20L << 30));
    }

    private async Task<ImageLayout> Write(SdkArchive archive, params string[] tags)
    {
        var layout = await Open(archive);
        await Write(layout, tags);
        return layout;
    }

    private Task Write(ImageLayout layout, params string[] tags) =>
        OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "contoso/hello"), tags, Written, TestContext.Current.CancellationToken);

    private async Task<ImageLayout> Open(SdkArchive archive)
    {
        archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken);
    }

    /// <summary>As the runtime's own tar reader sees them.</summary>
    private Dictionary<string, string> Entries()
    {
        var entries = new Dictionary<string, string>();
        using var reader = new TarReader(File.OpenRead(Written));
        while (reader.GetNextEntry(copyData: true) is { } entry)
            entries.Add(entry.Name, new StreamReader(entry.DataStream ?? Stream.Null).ReadToEnd());
        return entries;
    }

    private static void Change(string file, bool longer)
    {
        var content = File.ReadAllBytes(file);
        content[^1] ^= 1;
        File.WriteAllBytes(file, longer ? [.. content, 0] : content);
    }
}
