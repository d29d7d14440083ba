using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Images;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>The tests' base image with something more, as an OCI layout; its own layers are links to the ones that are there.</summary>
internal sealed class BaseVariant
{
    private readonly string _directory;
    private readonly OciManifest _manifest;

    private BaseVariant(string directory, OciManifest manifest) => (_directory, _manifest) = (directory, manifest);

    private JsonObject Config => JsonNode.Parse(File.ReadAllBytes(Blob(_manifest.Config.Digest)))!.AsObject();

    public static async Task<BaseVariant> CreateAsync(string directory, CancellationToken cancellationToken)
    {
        var layout = await BaseImages.LayoutAsync(cancellationToken);
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(layout, "blobs", "sha256")))
            File.CreateSymbolicLink(Path.Combine(directory, "blobs", "sha256", Path.GetFileName(blob)), blob);
        var index = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(Path.Combine(layout, "index.json"), cancellationToken), OciJson.Plain.OciIndex)!;
        var manifest = await File.ReadAllBytesAsync(Path.Combine(layout, "blobs", "sha256", index.Manifests[0].Digest.Hex), cancellationToken);
        return new BaseVariant(directory, JsonSerializer.Deserialize(manifest, OciJson.Plain.OciManifest)!);
    }

    /// <summary>The text of a file in the lowest layer.</summary>
    public async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var layer = new GZipStream(File.OpenRead(Blob(_manifest.Layers[0].Digest)), CompressionMode.Decompress);
        await using var tar = new TarReader(layer);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.Name is { } name && name.TrimStart('.', '/') == path && entry.DataStream is { } content)
                return await new StreamReader(content).ReadToEndAsync(cancellationToken);
        }

        throw new InvalidOperationException($"The base image has no {path}.");
    }

    /// <summary>One image, with one layer more.</summary>
    /// <returns>The layout.</returns>
    public async Task<string> WithLayerAsync(IEnumerable<(string Path, byte[] Content)> files, CompressionLevel level, CancellationToken cancellationToken)
    {
        var (plain, packed) = (Path.Combine(_directory, "layer.tar"), Path.Combine(_directory, "layer.tar.gz"));
        await using (var writer = new TarWriter(File.Create(plain), TarEntryFormat.Ustar))
        {
            foreach (var (path, content) in files)
                await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch }, cancellationToken);
        }

        await using (var from = File.OpenRead(plain))
        await using (var to = new GZipStream(File.Create(packed), level))
            await from.CopyToAsync(to, cancellationToken);
        var (diffId, digest) = (await HashAsync(plain, cancellationToken), await HashAsync(packed, cancellationToken));
        var layer = new Descriptor(MediaTypes.OciLayerGzip, digest, new FileInfo(packed).Length);
        File.Delete(plain);
        File.Move(packed, Blob(digest));

        var config = Config;
        config["rootfs"]!["diff_ids"]!.AsArray().Add(diffId.ToString());
        config["history"]!.AsArray().Add(new JsonObject { ["created"] = "1970-01-01T00:00:00Z", ["created_by"] = "a measurement" });
        OciLayoutFiles.Write(_directory, WriteImage(config, [.. _manifest.Layers, layer]));
        return _directory;
    }

    /// <summary>An index of images with the same content, each said to be for another platform.</summary>
    /// <returns>The layout.</returns>
    public string WithPlatforms(params DescriptorPlatform[] platforms)
    {
        var images = platforms.Select(platform =>
        {
            var config = Config;
            config["architecture"] = platform.Architecture;
            if (platform.Variant is not null)
                config["variant"] = platform.Variant;
            return WriteImage(config, _manifest.Layers) with { Platform = platform };
        });
        OciLayoutFiles.Write(_directory, Write(MediaTypes.OciIndex, JsonSerializer.SerializeToUtf8Bytes(new OciIndex(2, MediaTypes.OciIndex, [.. images]), OciJson.Plain.OciIndex)));
        return _directory;
    }

    private Descriptor WriteImage(JsonObject config, IReadOnlyList<Descriptor> layers) => Write(MediaTypes.OciManifest, JsonSerializer.SerializeToUtf8Bytes(
        new OciManifest(2, MediaTypes.OciManifest, Write(MediaTypes.OciConfig, Encoding.UTF8.GetBytes(config.ToJsonString())), layers), OciJson.Plain.OciManifest));

    private Descriptor Write(string mediaType, byte[] content)
    {
        var descriptor = new Descriptor(mediaType, Digest.Of(content), content.Length);
        File.WriteAllBytes(Blob(descriptor.Digest), content);
        return descriptor;
    }

    private string Blob(Digest digest) => Path.Combine(_directory, "blobs", "sha256", digest.Hex);

    private static async Task<Digest> HashAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        return Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
