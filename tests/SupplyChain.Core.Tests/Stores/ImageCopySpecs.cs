using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>From store to store, of an index of two platforms.</summary>
public sealed class ImageCopySpecs : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly TestRegistry _from = new();
    private readonly TestRegistry _to = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task An_index_is_copied_with_all_that_belongs_to_it_and_a_second_copy_writes_nothing(bool fromRegistry, bool toRegistry)
    {
        var (image, source) = await ImageAsync(fromRegistry);
        var destination = Destination(toRegistry);

        var copied = await new ImageCopy().RunAsync(source, image.Root, destination, Token);

        copied.Root.ShouldBe(image.Root);
        (copied.UploadedBlobs, copied.PresentBlobs).ShouldBe((5, 0));
        foreach (var manifest in image.ListManifests())
            (await destination.ReadManifestAsync(manifest.Digest, Token)).ShouldBe(File.ReadAllBytes(image.BlobPath(manifest.Digest)));
        foreach (var blob in image.ListBlobs())
        {
            await using var stream = await destination.ReadBlobAsync(blob, Token);
            var content = new MemoryStream();
            await stream.CopyToAsync(content, Token);
            content.ToArray().ShouldBe(File.ReadAllBytes(image.BlobPath(blob.Digest)));
        }
        (await destination.ListTagsAsync(Token)).ShouldBeEmpty("a tag is set last, by somebody else");
        if (toRegistry)
            Written().Last().ShouldBe($"PUT {image.Root.Digest}");
        var before = (Written(), Files());

        var again = await new ImageCopy().RunAsync(source, image.Root, destination, Token);

        (again.UploadedBlobs, again.PresentBlobs).ShouldBe((0, 5));
        Written().ShouldBe(before.Item1);
        Files().ShouldBe(before.Item2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_serves_other_bytes_than_the_digest_of_a_layer_leads_to_nothing_at_the_destination(bool toRegistry)
    {
        var (image, source) = await ImageAsync(fromRegistry: true);
        var layer = image.Platforms[1].Layers[1];
        _from.After = (call, reply) => call.Method == "GET" && call.Target.Contains($"/blobs/{layer.Digest}", StringComparison.Ordinal) ? reply with { Body = new byte[layer.Size] } : reply;
        var destination = Destination(toRegistry);

        await RegistryBench.FailureAsync(() => new ImageCopy().RunAsync(source, image.Root, destination, Token), DiagnosticCodes.RegistryReadBackDiffers);

        foreach (var manifest in image.ListManifests())
            (await destination.ReadManifestAsync(manifest.Digest, Token)).ShouldBeNull();
        (await destination.HasBlobAsync(layer, Token)).ShouldBeFalse();
        Written().ShouldNotContain($"PUT {layer.Digest}", "it was compared before it was sent");
    }

    [Fact]
    public async Task A_source_that_serves_another_manifest_or_none_is_refused_before_anything_is_written()
    {
        var (image, source) = await ImageAsync(fromRegistry: true);
        var child = image.ListChildren()[0];
        _from.After = (call, reply) => call.Target.Contains($"/manifests/{child.Digest}", StringComparison.Ordinal) && reply.Status == 200 ? reply with { Body = "{}"u8.ToArray() } : reply;
        await RegistryBench.FailureAsync(() => new ImageCopy().RunAsync(source, image.Root, Destination(true), Token), DiagnosticCodes.RegistryReadBackDiffers);

        var absent = image.Root with { Digest = Digest.Of("absent"u8) };
        await RegistryBench.FailureAsync(() => new ImageCopy().RunAsync(source, absent, Destination(true), Token), DiagnosticCodes.BlobMissing);
        await RegistryBench.FailureAsync(() => new ImageCopy().RunAsync(source, image.Root with { Size = 1 }, Destination(true), Token), DiagnosticCodes.ImageMalformed);
        await RegistryBench.FailureAsync(() => new ImageCopy().RunAsync(source, image.Root with { MediaType = "text/plain" }, Destination(true), Token), DiagnosticCodes.ImageMalformed);

        Written().ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private async Task<(ImageLayout Image, IImageStore Source)> ImageAsync(bool fromRegistry)
    {
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        IImageStore source = fromRegistry ? _bench.Store(_from.Host) : new LayoutStore(image.Directory, "app", TimeProvider.System);
        if (fromRegistry)
            await new ImagePusher().PushAsync(image, source, SampleImage.Passed(image), Token);
        return (image, source);
    }

    private IImageStore Destination(bool toRegistry) => toRegistry ? _bench.Store(_to.Host, "other/app") : new LayoutStore(_folder.File("out"), "app", TimeProvider.System);

    private List<string> Written() => [.. _to.Requests.Where(request => request.IsWrite).Select(request => $"{request.Method} {request.Path.Split('/', '=')[^1]}")];

    private List<string> Files() => Directory.Exists(_folder.File("out")) ? [.. Directory.GetFiles(_folder.File("out"), "*", SearchOption.AllDirectories).Order().Select(file => $"{file} {File.GetLastWriteTimeUtc(file).Ticks}")] : [];
}
