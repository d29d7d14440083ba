using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>Base layers that all publishes of a user share.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SharedBlobsSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SdkArchive _archive = SdkArchive.OfOnePlatform("1.0");
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_project_on_the_same_base_image_writes_no_base_layer_and_has_an_application_layer_of_its_own()
    {
        var (first, second) = (await OpenAsync("first"), await OpenAsync("second"));

        ShouldBeWhole(second);
        foreach (var layer in second.Platforms[0].Layers.SkipLast(1))
            (await NamesAsync(second, layer)).ShouldBe(3, "the store, and two layouts");
        (await NamesAsync(second, second.Platforms[0].Layers[^1])).ShouldBe(1);
        Kept().ShouldBe(first.Platforms[0].Layers.SkipLast(1).Select(layer => layer.Digest.Hex), ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_shared_can_be_changed_by_no_accident_and_what_was_changed_all_the_same_is_not_taken()
    {
        var layer = (await OpenAsync("first")).Platforms[0].Layers[0];
        var shared = Shared(layer);
        File.GetUnixFileMode(shared).HasFlag(UnixFileMode.UserWrite).ShouldBeFalse();

        File.SetUnixFileMode(shared, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var content = File.ReadAllBytes(shared);
        content[^1] ^= 1;
        File.WriteAllBytes(shared, content);

        ShouldBeWhole(await OpenAsync("second"));
        ShouldBeWhole(await OpenAsync("third"));
        Digest.Of(File.ReadAllBytes(shared)).ShouldBe(layer.Digest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_or_a_file_of_another_length_in_the_store_is_not_taken(bool link)
    {
        var layer = (await OpenAsync("first")).Platforms[0].Layers[0];
        File.Move(Shared(layer), _folder.File("elsewhere"));
        if (link)
            File.CreateSymbolicLink(Shared(layer), _folder.File("elsewhere"));
        else
            File.WriteAllText(Shared(layer), "short");

        var second = await OpenAsync("second");
        ShouldBeWhole(second);
        second.ListBlobs().ShouldAllBe(blob => new FileInfo(second.BlobPath(blob.Digest)).LinkTarget == null);
    }

    [Fact]
    public async Task What_no_publish_has_used_for_a_month_is_forgotten_when_another_base_image_comes()
    {
        Directory.CreateDirectory(_folder.File("blobs/sha256"));
        foreach (var (name, days) in new[] { ("old", 31), ("young", 29) })
        {
            File.WriteAllText(_folder.File($"blobs/sha256/{name}"), "");
            File.SetLastWriteTimeUtc(_folder.File($"blobs/sha256/{name}"), _now.UtcDateTime.AddDays(-days));
        }

        var layer = (await OpenAsync("first")).Platforms[0].Layers[0];
        Kept().ShouldBe(["young", layer.Digest.Hex], ignoreOrder: true);
        _now += TimeSpan.FromDays(20);
        await OpenAsync("second");
        File.GetLastWriteTimeUtc(Shared(layer)).ShouldBe(_now.UtcDateTime, "it was used now");
    }

    [Fact]
    public async Task Where_nothing_can_be_kept_an_image_is_opened_all_the_same()
    {
        File.WriteAllText(_folder.File("blobs"), "a file where the folder should be");
        ShouldBeWhole(await OpenAsync("first"));
        ShouldBeWhole(await OpenAsync("second"));
    }

    private string Shared(Descriptor layer) => _folder.File($"blobs/sha256/{layer.Digest.Hex}");

    private IEnumerable<string> Kept() => Directory.GetFiles(_folder.File("blobs/sha256")).Select(file => Path.GetFileName(file));

    /// <summary>How many names the file of a blob has.</summary>
    private static async Task<int> NamesAsync(ImageLayout layout, Descriptor blob) =>
        int.Parse((await Cli.Wrap("stat").WithArguments(["-c", "%h", layout.BlobPath(blob.Digest)]).ExecuteBufferedAsync(TestContext.Current.CancellationToken)).StandardOutput, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<ImageLayout> OpenAsync(string name)
    {
        _archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(
            _folder.File("image.tar"), _folder.File(name), TestContext.Current.CancellationToken, null, new ImageChanges(), new SharedBlobs(_folder.File("blobs"), new Clock(_now), least: 1));
    }

    private static void ShouldBeWhole(ImageLayout layout)
    {
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
