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

    [Fact]
    public async Task A_blob_that_was_hashed_ahead_is_taken_as_it_is_and_hashed_again_when_it_has_another_time_or_length()
    {
        var earlier = await OpenAsync("earlier");
        var (same, newer, longer) = (earlier.Platforms[0].Layers[0], earlier.Platforms[0].Layers[1], earlier.Platforms[0].Config);
        using var hashed = new HashedBlobs(earlier.Directory, Task.CompletedTask, least: 1);
        hashed.IsRight(same, new FileInfo(earlier.BlobPath(same.Digest))).ShouldBeTrue();
        foreach (var blob in new[] { same, newer })
            Spoil(earlier.BlobPath(blob.Digest), keepTime: blob == same);
        File.AppendAllText(earlier.BlobPath(longer.Digest), "more");

        hashed.IsRight(same, new FileInfo(earlier.BlobPath(same.Digest))).ShouldBeTrue("this is what it does not see, and the push does, which hashes all of it");
        hashed.IsRight(newer, new FileInfo(earlier.BlobPath(newer.Digest))).ShouldBeFalse();
        hashed.IsRight(longer, new FileInfo(earlier.BlobPath(longer.Digest))).ShouldBeFalse();
        var layout = await OpenAsync("layout", earlier.Directory, hashed);
        foreach (var blob in new[] { newer, longer })
            Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
        (await Should.ThrowAsync<SupplyChain.Core.Diagnostics.DiagnosticException>(() => LayoutCheck.RunAsync(layout, [same], TestContext.Current.CancellationToken))).Message.ShouldContain(same.Digest.Short);
    }

    [Fact]
    public async Task A_blob_that_was_spoilt_before_it_was_hashed_ahead_or_is_a_link_or_too_small_is_not_right()
    {
        var earlier = await OpenAsync("earlier");
        var (spoilt, link, whole) = (earlier.Platforms[0].Layers[0], earlier.Platforms[0].Layers[1], earlier.Platforms[0].Config);
        Spoil(earlier.BlobPath(spoilt.Digest), keepTime: true);
        File.Move(earlier.BlobPath(link.Digest), _folder.File("elsewhere"));
        File.CreateSymbolicLink(earlier.BlobPath(link.Digest), _folder.File("elsewhere"));
        var urgent = new TaskCompletionSource();
        using var hashed = new HashedBlobs(earlier.Directory, urgent.Task, least: 1);
        urgent.SetException(new InvalidOperationException("the other work has failed"));
        using var large = new HashedBlobs(earlier.Directory, Task.CompletedTask);
        using var none = new HashedBlobs(_folder.File("none"), Task.CompletedTask, least: 1);

        hashed.IsRight(spoilt, new FileInfo(earlier.BlobPath(spoilt.Digest))).ShouldBeFalse();
        hashed.IsRight(link, new FileInfo(earlier.BlobPath(link.Digest))).ShouldBeFalse();
        hashed.IsRight(whole, new FileInfo(earlier.BlobPath(whole.Digest))).ShouldBeTrue();
        large.IsRight(whole, new FileInfo(earlier.BlobPath(whole.Digest))).ShouldBeFalse();
        none.IsRight(whole, new FileInfo(earlier.BlobPath(whole.Digest))).ShouldBeFalse();
        ShouldBeWhole(await OpenAsync("layout", earlier.Directory, hashed));
    }

    private static void Spoil(string file, bool keepTime)
    {
        var time = File.GetLastWriteTimeUtc(file);
        var content = File.ReadAllBytes(file);
        content[^1] ^= 1;
        File.WriteAllBytes(file, content);
        File.SetLastWriteTimeUtc(file, keepTime ? time : time.AddSeconds(1));
    }

    private async Task<ImageLayout> OpenAsync(string name, string? earlier = null, HashedBlobs? hashed = null)
    {
        _archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File(name), TestContext.Current.CancellationToken, earlier, new ImageChanges(), hashed: hashed);
    }

    private static void ShouldBeWhole(ImageLayout layout)
    {
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            Digest.Of(File.ReadAllBytes(layout.BlobPath(blob.Digest))).ShouldBe(blob.Digest);
    }
}
