using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Images;

[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>Alone, because what other tests allocate at the same time would count too.</summary>
[Collection("Alone")]
[Trait("Category", "Slow")]
public sealed class LargeArchiveSpecs
{
    private const int Layers = 4;
    private const long LayerSize = 256L * 1024 * 1024;

    [Fact]
    public async Task An_image_of_a_gibibyte_costs_no_more_memory_than_a_small_one()
    {
        using var folder = new TestFolder();
        WriteArchive(folder.File("image.tar"));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var layout = await OciArchive.OpenAsync(folder.File("image.tar"), folder.File("layout"), TestContext.Current.CancellationToken);
        await OciArchiveWriter.WriteAsync(layout, new ImageReference(null, "large"), ["1.0"], folder.File("again.tar"), TestContext.Current.CancellationToken);

        layout.Platforms[0].Layers.Sum(layer => layer.Size).ShouldBe(Layers * LayerSize);
        // All that was ever allocated, so the peak was lower still. Pooled buffers are in it.
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(64 * 1024 * 1024);
    }

    /// <summary>Layers of zeros with one letter of their own in front: almost no disk, and four different digests.</summary>
    private static void WriteArchive(string file)
    {
        using var stream = File.Create(file);
        var layers = new List<Descriptor>();
        for (var i = 0; i < Layers; i++)
        {
            var digest = HashOfLayer((byte)('a' + i));
            stream.Write(TarHeader.Write(SdkArchive.BlobName(digest), LayerSize));
            stream.WriteByte((byte)('a' + i));
            stream.Position += LayerSize - 1;
            layers.Add(new Descriptor("application/vnd.oci.image.layer.v1.tar", digest, LayerSize));
        }
        var diffIds = string.Join(',', layers.Select(layer => $"\"{layer.Digest}\""));
        var config = Add(stream, MediaTypes.OciConfig, $$$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}""");
        var manifest = Add(stream, MediaTypes.OciManifest, JsonSerializer.Serialize(new OciManifest(2, MediaTypes.OciManifest, config, layers), OciJson.Plain.OciManifest));
        stream.Write(RawTar.Entry("index.json", '0', JsonSerializer.SerializeToUtf8Bytes(new OciIndex(2, MediaTypes.OciIndex, [manifest]), OciJson.Plain.OciIndex)));
        stream.Write(RawTar.Entry("oci-layout", '0', """{"imageLayoutVersion": "1.0.0"}"""u8.ToArray()));
        stream.Write(new byte[1024]);
    }

    private static Descriptor Add(Stream stream, string mediaType, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var descriptor = new Descriptor(mediaType, Digest.Of(bytes), bytes.Length);
        stream.Write(RawTar.Entry(SdkArchive.BlobName(descriptor.Digest), '0', bytes));
        return descriptor;
    }

    private static Digest HashOfLayer(byte first)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var zeros = new byte[1024 * 1024];
        hash.AppendData([first]);
        for (var left = LayerSize - 1; left > 0; left -= zeros.Length)
            hash.AppendData(zeros.AsSpan(0, (int)Math.Min(left, zeros.Length)));
        return Digest.FromHash(hash.GetHashAndReset());
    }
}
