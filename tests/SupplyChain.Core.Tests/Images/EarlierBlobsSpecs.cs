using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class EarlierBlobsSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SdkArchive _archive = SdkArchive.OfOnePlatform("1.0");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_blob_of_the_last_publish_is_taken_over_instead_of_being_written_again()
    {
        var earlier = await OpenAsync("earlier");
        var layer = earlier.Platforms[0].Layers[0];
        File.SetLastWriteTimeUtc(earlier.BlobPath(layer.Digest), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var layout = await OpenAsync("layout", earlier.Directory);
        File.GetLastWriteTimeUtc(layout.BlobPath(layer.Digest)).Year.ShouldBe(2020);
        ShouldBeWhole(layout);
    }

    [Fact]
    public async Task A_blob_that_was_changed_since_the_last_publish_is_written_again_from_the_archive()
    {
        var earlier = await OpenAsync("earlier");
        var changed = earlier.BlobPath(earlier.Platforms[0].Layers[0].Digest);
        var content = File.ReadAllBytes(changed);
        content[^1] ^= 1;
        File.WriteAllBytes(changed, content);

        ShouldBeWhole(await OpenAsync("layout", earlier.Directory));
    }

    [Fact]
    public async Task A_blob_of_another_length_and_a_link_in_the_place_of_a_blob_are_not_taken()
    {
        var earlier = await OpenAsync("earlier");
        var (longer, link) = (earlier.BlobPath(earlier.Platforms[0].Layers[0].Digest), earlier.BlobPath(earlier.Platforms[0].Layers[1].Digest));
        File.AppendAllText(longer, "more");
        File.Move(link, _folder.File("elsewhere"));
        File.CreateSymbolicLink(link, _folder.File("elsewhere"));

        var layout = await OpenAsync("layout", earlier.Directory);
        ShouldBeWhole(layout);
        layout.ListBlobs().ShouldAllBe(blob => new FileInfo(layout.BlobPath(blob.Digest)).LinkTarget == null);
    }

    [Fact]
    public async Task An_earlier_layout_that_is_not_there_or_is_a_file_makes_no_difference()
    {
        File.WriteAllText(_folder.File("file"), "");
        ShouldBeWhole(await OpenAsync("layout", _folder.File("none")));
        ShouldBeWhole(await OpenAsync("layout", _folder.File("file")));
    }

    private async Task<ImageLayout> OpenAsync(string name, string? earlier = null)
    {
        _archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File(name), TestContext.Current.CancellationToken, earlier);
    }

    private static void ShouldBeWhole(ImageLayout layout)
    {
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
    }
}
