using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>Archives whose blobs are all what their digests say, and whose documents are the attack.</summary>
public sealed class ContradictoryImageSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"layers\":[", "\"layers\":[],\"layers\":[")]
    [InlineData("\"layers\":[", "\"Layers\":[],\"layers\":[")]
    [InlineData("\"layers\":[", "\"layer\\u017f\":[],\"layers\":[")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":2,\"manifests\":[]")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":1")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":\"2\"")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"", "\"mediaType\":\"application/vnd.oci.image.index.v1+json\"")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"", "\"mediaType\":7")]
    [InlineData("application/vnd.oci.image.config.v1+json", "application/vnd.oci.empty.v1+json")]
    [InlineData("application/vnd.oci.image.config.v1+json", "text\\r\\nX-Header: 1/x")]
    [InlineData("\"digest\":\"sha256:", "\"digest\":\"sha512:")]
    [InlineData("\"digest\":\"sha256:", "\"digest\":\"sha256:../")]
    [InlineData("\"digest\":", "\"hash\":")]
    [InlineData("\"layers\":", "\"Tiers\":")]
    [InlineData("\"layers\":[", "\"layers\":[null,")]
    [InlineData("\"config\":{", "\"config\":null,\"x\":{")]
    [InlineData("{\"schemaVersion\"", "[{\"schemaVersion\"")]
    [InlineData("{\"schemaVersion\"", "{\"\\ud800\":1,\"schemaVersion\"")]
    public async Task A_manifest_that_two_programs_could_read_in_two_ways_or_not_at_all_is_refused(string part, string instead)
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        archive.ChangeRoot(manifest => manifest.Replace(part, instead));
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageMalformed);
    }

    [Theory]
    [InlineData("\"size\":-1", "SCB1002")]
    [InlineData("\"size\":0", "SCB1003")]
    [InlineData("\"size\":9223372036854775807", "SCB1002")]
    public async Task A_descriptor_of_an_absurd_size_is_refused(string size, string code)
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        archive.ChangeRoot(manifest => System.Text.RegularExpressions.Regex.Replace(manifest, "\"size\":[0-9]+", size));
        (await Refused(archive)).Diagnostic.Code.ToString().ShouldBe(code);
    }

    [Theory]
    [InlineData("\"os\":\"linux\"", "\"os\":\"../../etc\"")]
    [InlineData("\"os\":\"linux\"", "\"os\":\"\"")]
    [InlineData("\"os\":\"linux\"", "\"os\":null")]
    [InlineData("\"os\":\"linux\"", "\"OS\":\"windows\",\"os\":\"linux\"")]
    [InlineData("\"architecture\":\"amd64\"", "\"architecture\":\"-amd64\"")]
    [InlineData("\"architecture\":\"amd64\"", "\"architecture\":\"\\ud800\"")]
    [InlineData("\"diff_ids\":[", "\"diff_ids\":[\"sha256:1\",")]
    [InlineData("\"rootfs\":{", "\"rootfs\":[],\"x\":{")]
    public async Task A_configuration_that_is_malformed_or_does_not_fit_its_manifest_is_refused(string part, string instead)
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        ChangeConfig(archive, config => config.Replace(part, instead));
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageMalformed);
    }

    [Theory]
    [InlineData("\"arm64\"", "\"amd64\"")]
    [InlineData("\"os\":\"linux\"", "\"os\":\"windows\"")]
    [InlineData("\"arm64\",", "\"arm64\",\"variant\":\"../v8\",")]
    [InlineData("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json")]
    [InlineData("application/vnd.oci.image.manifest.v1+json", "application/octet-stream")]
    public async Task An_index_that_contradicts_its_images_is_refused(string part, string instead)
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.ChangeRoot(index => index.Replace(part, instead));
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageMalformed);
    }

    [Fact]
    public async Task Two_images_for_one_platform_are_refused()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.ChangeRoot(index => index.Replace("\"manifests\":[", "\"manifests\":[" + index[(index.IndexOf('[') + 1)..index.IndexOf("},{")] + "},"));
        (await Refused(archive)).Message.ShouldContain("2 images for linux/amd64");
    }

    [Fact]
    public async Task An_image_that_only_says_it_is_an_attestation_is_an_image()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.ChangeRoot(index => index.Replace(
            "\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\"}",
            "\"platform\":{\"architecture\":\"unknown\",\"os\":\"unknown\"},\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}"));
        (await Refused(archive)).Message.ShouldContain("the index says 'unknown'");
    }

    [Fact]
    public async Task An_archive_of_two_images_is_refused()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        var other = SdkArchive.OfTwoPlatforms("2.0");
        archive.Replace("index.json", archive.Text("index.json").Replace("\"manifests\":[", $"\"manifests\":[{JsonSerializer.Serialize(other.Root, OciJson.Plain.Descriptor)},"));
        (await Refused(archive)).Message.ShouldContain("names 2 images");
    }

    [Fact]
    public async Task An_archive_of_no_image_is_refused() =>
        (await Refused(SdkArchive.OfOnePlatform())).Message.ShouldContain("names no image");

    [Fact]
    public async Task Indexes_inside_indexes_are_refused()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        for (var depth = 0; depth < 3; depth++)
        {
            var inner = archive.Root;
            archive.ChangeRoot(_ => JsonSerializer.Serialize(new OciIndex(2, MediaTypes.OciIndex, [inner]), OciJson.Plain.OciIndex));
            archive.AddBlob(inner.MediaType, "gone anyway"u8.ToArray());
        }
        (await Refused(archive)).Message.ShouldContain("another index");
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    public async Task A_document_nested_very_deep_is_refused(string opening)
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        archive.ChangeRoot(_ => string.Concat(Enumerable.Repeat(opening, 100_000)));
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ImageMalformed);
    }

    [Fact]
    public async Task A_manifest_of_many_layers_is_refused()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        archive.ChangeRoot(manifest =>
        {
            var layer = manifest[(manifest.IndexOf("\"layers\":[", StringComparison.Ordinal) + 10)..manifest.LastIndexOf(']')];
            return manifest.Replace(layer, string.Join(',', Enumerable.Repeat(layer, 501)));
        });
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Fact]
    public async Task An_index_of_many_manifests_is_refused()
    {
        var archive = SdkArchive.OfTwoPlatforms("1.0");
        archive.ChangeRoot(index =>
        {
            var manifests = index[(index.IndexOf('[') + 1)..index.LastIndexOf(']')];
            return index.Replace(manifests, string.Join(',', Enumerable.Repeat(manifests, 33)));
        });
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_document_over_four_mebibytes_is_refused(bool manifest)
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        var padding = new string(' ', 4 * 1024 * 1024);
        if (manifest)
            archive.ChangeRoot(text => text + padding);
        else
            archive.Replace("index.json", archive.Text("index.json") + padding);
        (await Refused(archive)).Diagnostic.Code.ShouldBe(DiagnosticCodes.ArchiveHostile);
    }

    [Fact]
    public async Task A_runtime_configuration_may_spell_its_own_names_as_it_likes()
    {
        var archive = SdkArchive.OfOnePlatform("1.0");
        ChangeConfig(archive, config => config.Replace("\"config\":{", "\"config\":{\"Size\":1,\"Platform\":\"x\",\"Labels2\":{\"Digest\":\"y\"},"));
        archive.Write(_folder.File("image.tar"));
        (await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken)).Root.ShouldBe(archive.Root);
    }

    private static void ChangeConfig(SdkArchive archive, Func<string, string> change)
    {
        var manifest = JsonSerializer.Deserialize(archive.Text(SdkArchive.BlobName(archive.Root.Digest)), OciJson.Plain.OciManifest)!;
        var config = archive.AddBlob(MediaTypes.OciConfig, Encoding.UTF8.GetBytes(change(archive.Text(SdkArchive.BlobName(manifest.Config.Digest)))));
        archive.ChangeRoot(_ => JsonSerializer.Serialize(manifest with { Config = config }, OciJson.Plain.OciManifest));
    }

    private async Task<DiagnosticException> Refused(SdkArchive archive)
    {
        var file = _folder.File("image.tar");
        archive.Write(file);
        var error = await Should.ThrowAsync<DiagnosticException>(() => OciArchive.OpenAsync(file, _folder.File("layout"), TestContext.Current.CancellationToken));
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldBe([file]);
        return error;
    }
}
