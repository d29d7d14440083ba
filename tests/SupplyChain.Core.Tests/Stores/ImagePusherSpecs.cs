using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class ImagePusherSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly TestRegistry _registry = new();

    [Fact]
    public async Task A_push_writes_blobs_then_the_manifest_by_digest_and_no_tag()
    {
        var image = SampleImage.Write(_folder);
        var pushed = await new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token);

        pushed.Reference.ToString().ShouldBe($"{_registry.Host}/team/app@{image.Root.Digest}");
        (pushed.UploadedBlobs, pushed.PresentBlobs).ShouldBe((3, 0));
        pushed.UploadedBytes.ShouldBe(image.Platforms[0].Layers.Sum(l => l.Size) + image.Platforms[0].Config.Size);
        var manifests = _registry.Requests.Where(r => r.IsWrite && r.Path.Contains("/manifests/")).ToArray();
        manifests.ShouldHaveSingleItem().Path.ShouldEndWith($"/manifests/{image.Root.Digest}");
        _registry.Manifest("team/app", image.Root.Digest.ToString()).ShouldBe(File.ReadAllBytes(image.BlobPath(image.Root.Digest)));
    }

    [Fact]
    public async Task Children_are_pushed_before_the_index_over_them_and_shared_layers_once()
    {
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        var pushed = await new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token);

        pushed.UploadedBlobs.ShouldBe(5); // one base layer for both
        var writes = _registry.Requests.Where(r => r.IsWrite && r.Path.Contains("/manifests/")).Select(r => r.Path.Split('/')[^1]).ToArray();
        writes.Length.ShouldBe(3);
        writes[2].ShouldBe(image.Root.Digest.ToString());
    }

    [Fact]
    public async Task Publishing_the_same_image_again_writes_nothing()
    {
        var image = SampleImage.Write(_folder);
        var store = _bench.Store(_registry.Host);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        var before = _registry.Requests.Count(r => r.IsWrite);

        var again = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);

        (again.UploadedBlobs, again.UploadedBytes, again.PresentBlobs).ShouldBe((0, 0, 3));
        _registry.Requests.Count(r => r.IsWrite).ShouldBe(before);
    }

    [Fact]
    public async Task Layers_that_another_repository_has_are_mounted_and_not_uploaded()
    {
        var image = SampleImage.Write(_folder);
        var layer = image.Platforms[0].Layers[0];
        _registry.AddBlob("base/runtime", File.ReadAllBytes(image.BlobPath(layer.Digest)));

        var pushed = await new ImagePusher().PushAsync(image, _bench.Store(_registry.Host, change: s => s with { MountFrom = "base/runtime" }), SampleImage.Passed(image), Token);

        (pushed.UploadedBlobs, pushed.PresentBlobs).ShouldBe((2, 1));
        _registry.HasBlob("team/app", layer.Digest.ToString()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_verdict_of_another_image_is_refused_before_any_request()
    {
        var image = SampleImage.Write(_folder);
        var other = SampleImage.Write(_folder, "other");
        await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(other), Token), DiagnosticCodes.ImageChanged);
        _registry.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_verdict_that_did_not_pass_is_refused_before_any_request()
    {
        var image = SampleImage.Write(_folder);
        var no = SampleImage.Passed(image) with { Passed = false, Summary = "2 critical; threshold Critical: failed" };
        var failure = await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), no, Token), DiagnosticCodes.PushRefused);
        failure.Message.ShouldContain("2 critical");
        _registry.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_layer_that_changed_after_the_scan_is_not_pushed(bool sameLength)
    {
        var image = SampleImage.Write(_folder);
        var layer = image.Platforms[0].Layers[1];
        File.WriteAllBytes(image.BlobPath(layer.Digest), new byte[layer.Size + (sameLength ? 0 : 1)]);
        foreach (IImageStore store in new IImageStore[] { _bench.Store(_registry.Host), new LayoutStore(_folder.File("out"), "app", TimeProvider.System) })
            await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token), DiagnosticCodes.ImageChanged);
        _registry.Manifest("team/app", image.Root.Digest.ToString()).ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_layer_that_the_registry_has_already_must_be_the_one_that_was_scanned(bool mounted)
    {
        var image = SampleImage.Write(_folder);
        var layer = image.Platforms[0].Layers[0];
        _registry.AddBlob(mounted ? "base/runtime" : "team/app", File.ReadAllBytes(image.BlobPath(layer.Digest)));
        File.WriteAllBytes(image.BlobPath(layer.Digest), new byte[layer.Size]);
        var store = _bench.Store(_registry.Host, change: settings => settings with { MountFrom = "base/runtime" });

        await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token), DiagnosticCodes.ImageChanged);

        _registry.Manifest("team/app", image.Root.Digest.ToString()).ShouldBeNull();
    }

    [Fact]
    public async Task A_manifest_that_changed_after_the_scan_is_not_pushed()
    {
        var image = SampleImage.Write(_folder);
        File.AppendAllText(image.BlobPath(image.Root.Digest), " ");
        await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token), DiagnosticCodes.ImageChanged);
    }

    [Fact]
    public async Task A_missing_layer_is_named()
    {
        var image = SampleImage.Write(_folder);
        File.Delete(image.BlobPath(image.Platforms[0].Layers[1].Digest));
        var failure = await RegistryBench.FailureAsync(() => new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token), DiagnosticCodes.BlobMissing);
        failure.Message.ShouldContain(image.Platforms[0].Layers[1].Digest.ToString());
    }

    [Fact]
    public void A_pushed_image_survives_the_way_between_two_targets()
    {
        var pushed = new PushedImage(new ImageReference("r.example", "a/b").At(Digest.Of("x"u8)), SampleImage.Describe("x"u8.ToArray(), MediaTypes.OciManifest), 1, 2, 3);
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(pushed, StoresJson.Default.PushedImage), StoresJson.Default.PushedImage);
        read.ShouldBe(pushed);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }
}
