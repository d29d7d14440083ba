using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class LayoutViewSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_view_has_one_manifest_and_every_blob_of_its_platform_with_links_and_without(bool linksWork)
    {
        var layout = await Open();
        foreach (var image in layout.Platforms)
        {
            // The second time it is replaced.
            string view = "";
            for (var i = 0; i < 2; i++)
            {
                view = linksWork
                    ? LayoutView.Create(layout, image, _folder.File("view"))
                    : LayoutView.Create(layout, image, _folder.File("view"), (_, _) => false);
            }

            view.ShouldBe(_folder.File("view"));
            (new DirectoryInfo(Path.Combine(view, "blobs")).LinkTarget is not null).ShouldBe(linksWork);
            File.Exists(Path.Combine(view, "oci-layout")).ShouldBeTrue();
            JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(view, "index.json")), OciJson.Default.OciIndex)!.Manifests.ShouldBe([image.Manifest]);
            foreach (var blob in image.Layers.Append(image.Config).Append(image.Manifest))
                Digest.Of(File.ReadAllBytes(Path.Combine(view, "blobs", "sha256", blob.Digest.Hex))).ShouldBe(blob.Digest);
        }
        await LayoutCheck.RunAsync(layout, [.. layout.ListBlobs(), .. layout.ListManifests()], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_view_whose_layout_is_gone_is_replaced_too()
    {
        var layout = await Open();
        LayoutView.Create(layout with { Directory = _folder.File("gone") }, layout.Platforms[0], _folder.File("view"));
        var view = LayoutView.Create(layout, layout.Platforms[0], _folder.File("view"));

        File.Exists(Path.Combine(view, "blobs", "sha256", layout.Platforms[0].Config.Digest.Hex)).ShouldBeTrue();
    }

    private async Task<ImageLayout> Open()
    {
        SdkArchive.OfTwoPlatforms("1.0").Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken);
    }
}
