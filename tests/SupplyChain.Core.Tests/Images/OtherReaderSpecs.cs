using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>What is written here, as independent programs read it.</summary>
public sealed class OtherReaderSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Crane_takes_the_archive_for_a_valid_docker_archive()
    {
        await Write(SdkArchive.OfOnePlatform("1.0"));
        (await Run("crane", "validate", "--tarball", _folder.File("out.tar"))).ShouldContain("PASS");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Oras_finds_the_image_in_the_archive_under_each_of_its_tags_by_its_digest(int platforms)
    {
        var layout = await Write(platforms == 1 ? SdkArchive.OfOnePlatform("1.0") : SdkArchive.OfTwoPlatforms("1.0"));
        foreach (var tag in new[] { "1.0", "latest" })
            (await Run("oras", "manifest", "fetch", "--oci-layout", $"{_folder.File("out.tar")}:{tag}", "--descriptor")).ShouldContain(layout.Root.Digest.ToString());
        (await Run("oras", "cp", "--from-oci-layout", $"{_folder.File("out.tar")}:1.0", "--to-oci-layout", $"{_folder.File("copy")}:1.0")).ShouldContain(layout.Root.Digest.ToString());
    }

    [Fact]
    public async Task Trivy_scans_in_a_view_exactly_the_platform_that_was_asked_for()
    {
        var layout = await Write(SdkArchive.OfTwoPlatforms("1.0"));
        foreach (var image in layout.Platforms)
        {
            var view = LayoutView.Create(layout, image, _folder.File(image.Platform.FileName));
            using var report = JsonDocument.Parse(await Run(
                "trivy", "image", "--input", view, "--scanners", "secret", "--format", "json", "--quiet", "--cache-dir", _folder.File("cache")));
            var metadata = report.RootElement.GetProperty("Metadata");

            metadata.GetProperty("ImageConfig").GetProperty("architecture").GetString().ShouldBe(image.Platform.Architecture);
            metadata.GetProperty("ImageID").GetString().ShouldBe(image.Config.Digest.ToString());
        }
    }

    private async Task<ImageLayout> Write(SdkArchive archive)
    {
        archive.Write(_folder.File("image.tar"));
        var layout = await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken);
        await OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "contoso/hello"), ["1.0", "latest"], _folder.File("out.tar"), TestContext.Current.CancellationToken);
        return layout;
    }

    private static async Task<string> Run(string tool, params string[] arguments)
    {
        var result = await new ToolRunner().RunAsync(new ToolInvocation(new Tool(tool, Toolchain.Require(tool), "test"), arguments), TestContext.Current.CancellationToken);
        result.ExitCode.ShouldBe(0, result.StandardError);
        return result.StandardOutput + result.StandardError;
    }
}
