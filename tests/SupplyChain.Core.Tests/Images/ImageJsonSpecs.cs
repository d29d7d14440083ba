using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

public sealed class ImageJsonSpecs
{
    [Fact]
    public async Task A_layout_survives_the_way_through_a_state_file()
    {
        using var folder = new TestFolder();
        SdkArchive.OfTwoPlatforms("1.0", "latest").Write(folder.File("image.tar"));
        var layout = await OciArchive.OpenAsync(folder.File("image.tar"), folder.File("layout"), TestContext.Current.CancellationToken);
        layout = layout with { Attached = [new AttachedManifest(layout.Root, layout.Platforms[0].Config, [])] };

        var json = JsonSerializer.Serialize(layout, ImageJson.Default.ImageLayout);
        var read = JsonSerializer.Deserialize(json, ImageJson.Default.ImageLayout)!;

        JsonSerializer.Serialize(read, ImageJson.Default.ImageLayout).ShouldBe(json);
        read.Directory.ShouldBe(layout.Directory);
        read.Root.ShouldBe(layout.Root);
        read.Tags.ShouldBe(["1.0", "latest"]);
        read.Platforms.Select(image => image.Platform).ShouldBe(layout.Platforms.Select(image => image.Platform));
        read.ListBlobs().ShouldBe(layout.ListBlobs());
        read.ListManifests().ShouldBe(layout.ListManifests());
        json.ShouldContain(layout.Root.Digest.ToString());
        json.ShouldNotContain("fileName");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"directory":"/x","root":null,"platforms":[]}""")]
    [InlineData("""{"directory":"/x","root":{"mediaType":"a/b","digest":"sha256:1","size":1},"platforms":[]}""")]
    public void A_state_file_with_something_missing_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(json, ImageJson.Default.ImageLayout));
}
