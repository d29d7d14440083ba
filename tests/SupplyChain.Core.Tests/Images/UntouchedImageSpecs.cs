using System.Formats.Tar;
using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

/// <summary>What was not made by the SDK as expected is never altered: it could not be said that the same comes out.</summary>
public sealed class UntouchedImageSpecs : IDisposable
{
    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 8, 0, 1, TimeSpan.Zero);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Layers => ["symbolic link", "hard link", "device", "pipe", "a name that stands twice", "extended attribute", "global header", "sparse file",
        "GNU long name", "a name that leads out", "absolute name", "folder with content", "cut off", "wrong checksum", "no end", "data behind the end", "empty", "no tar"];

    [Theory]
    [MemberData(nameof(Layers))]
    public Task A_layer_with_something_in_it_that_the_SDK_does_not_write_is_left_byte_for_byte(string what) =>
        ShouldStay(SdkArchive.OfApplication(Layer(what), Monday));

    [Fact]
    public Task A_layer_that_is_not_what_the_configuration_says_is_left() =>
        ShouldStay(SdkArchive.OfApplication(Layer("fine"), Monday, changeConfig: config => config.Replace(Digest.Of(Layer("fine")).ToString(), Digest.Of("other"u8).ToString())));

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("application/vnd.oci.image.layer.v1.tar")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")]
    public Task A_layer_of_another_media_type_is_left(string mediaType) => ShouldStay(SdkArchive.OfApplication(Layer("fine"), Monday, mediaType));

    [Theory]
    [InlineData(".NET SDK\",\"created\"", "Somebody\",\"created\"")]
    [InlineData(".NET SDK Container Tooling", "RUN rm -rf /")]
    [InlineData("\"author\":\".NET SDK\"", "\"author\":\".NET SDK\",\"empty_layer\":true")]
    [InlineData("\"history\":[", "\"history\":[],\"x\":[")]
    [InlineData("\"history\":[", "\"history\":5,\"x\":[")]
    public Task An_image_whose_last_layer_is_not_the_SDKs_is_left(string old, string changed) =>
        ShouldStay(SdkArchive.OfApplication(Layer("fine"), Monday, changeConfig: config => config.Replace(old, changed)));

    [Theory]
    [InlineData("\"Labels\":{", "\"Labels\":5,\"x\":{")]
    [InlineData("\"config\":{", "\"config\":[],\"x\":{")]
    [InlineData("\"org.opencontainers.image.created\":\"", "\"org.opencontainers.image.created\":5,\"x\":\"")]
    public async Task A_configuration_with_other_types_than_usual_is_no_fault(string old, string changed) =>
        (await OpenAsync(SdkArchive.OfApplication(Layer("fine"), Monday, changeConfig: config => config.Replace(old, changed)))).Platforms.ShouldHaveSingleItem();

    private async Task ShouldStay(SdkArchive archive)
    {
        var layout = await OpenAsync(archive);
        layout.Root.ShouldBe(archive.Root);
        Directory.GetFiles(Path.Combine(layout.Directory, "blobs", "sha256")).Select(Path.GetFileName)
            .ShouldBe(layout.ListBlobs().Concat(layout.ListManifests()).Select(blob => blob.Digest.Hex), ignoreOrder: true);
    }

    private async Task<ImageLayout> OpenAsync(SdkArchive archive)
    {
        archive.Write(_folder.File("image.tar"));
        return await OciArchive.OpenAsync(_folder.File("image.tar"), _folder.File("layout"), TestContext.Current.CancellationToken, null, new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    }

    private static byte[] Layer(string what)
    {
        byte[] file = RawTar.Entry("app/b.dll", '0', "content"u8.ToArray());
        byte[] second = RawTar.Entry("app/a.dll", '0', "content"u8.ToArray());
        var end = new byte[1024];
        return what switch
        {
            "symbolic link" => Tar(new PaxTarEntry(TarEntryType.SymbolicLink, "app/link") { LinkName = "/etc/passwd" }),
            "hard link" => Tar(new PaxTarEntry(TarEntryType.HardLink, "app/link") { LinkName = "app/b.dll" }),
            "device" => Tar(new PaxTarEntry(TarEntryType.BlockDevice, "app/disk") { DeviceMajor = 8 }),
            "pipe" => Tar(new PaxTarEntry(TarEntryType.Fifo, "app/pipe")),
            "a name that stands twice" => [.. file, .. second, .. file, .. end],
            "extended attribute" => [.. RawTar.Pax('x', ("SCHILY.xattr.user.x", "1")), .. file, .. end],
            "global header" => [.. RawTar.Pax('g', ("mtime", "1")), .. file, .. end],
            "sparse file" => [.. RawTar.Pax('x', ("GNU.sparse.major", "1")), .. file, .. end],
            "GNU long name" => [.. RawTar.Entry("././@LongLink", 'L', "app/long\0"u8.ToArray()), .. file, .. end],
            "a name that leads out" => [.. RawTar.Entry("app/../../etc/x", '0', []), .. file, .. end],
            "absolute name" => [.. RawTar.Entry("/etc/x", '0', []), .. file, .. end],
            "folder with content" => [.. RawTar.Entry("app", '5', "content"u8.ToArray()), .. end],
            "cut off" => [.. file, .. second[..700]],
            "wrong checksum" => [.. file, .. second[..150], (byte)'7', .. second[151..], .. end],
            "no end" => [.. file, .. second],
            "data behind the end" => [.. second, .. end, .. file, .. end],
            "empty" => [],
            "no tar" => Encoding.UTF8.GetBytes(new string('x', 4096)),
            _ => [.. file, .. second, .. end],
        };
    }

    private static byte[] Tar(TarEntry entry)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "app/b.dll") { DataStream = new MemoryStream("content"u8.ToArray()) });
            writer.WriteEntry(entry);
        }
        return tar.ToArray();
    }
}
