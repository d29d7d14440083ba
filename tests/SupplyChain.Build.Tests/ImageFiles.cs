using System.Formats.Tar;
using System.Security.Cryptography;

namespace SupplyChain.Build.Tests;

/// <summary>Looks at image layouts and archives without any code of the package.</summary>
internal static class ImageFiles
{
    /// <summary>Tag → digest, as index.json has them.</summary>
    public static IReadOnlyDictionary<string, string> Tags(string indexJson)
    {
        using var index = JsonDocument.Parse(indexJson);
        return index.RootElement.GetProperty("manifests").EnumerateArray()
            .Where(entry => entry.TryGetProperty("annotations", out var annotations) && annotations.TryGetProperty("org.opencontainers.image.ref.name", out _))
            .ToDictionary(
                entry => entry.GetProperty("annotations").GetProperty("org.opencontainers.image.ref.name").GetString()!,
                entry => entry.GetProperty("digest").GetString()!);
    }

    /// <summary>The tags of a layout folder; none where there is no layout.</summary>
    public static IReadOnlyDictionary<string, string> TagsOfLayout(string folder) =>
        File.Exists(Path.Combine(folder, "index.json")) ? Tags(File.ReadAllText(Path.Combine(folder, "index.json"))) : new Dictionary<string, string>();

    public static async Task<string> ReadEntryAsync(string archive, string name)
    {
        await using var file = File.OpenRead(archive);
        await using var reader = new TarReader(file);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name == name)
                return await new StreamReader(entry.DataStream!).ReadToEndAsync();
        }

        throw new InvalidOperationException($"{archive} has no {name}.");
    }

    /// <summary>The root manifest, its configuration and its layers are there, and each has the digest of its name.</summary>
    public static void ShouldHoldImage(string layout, string digest)
    {
        using var manifest = JsonDocument.Parse(Blob(layout, digest));
        foreach (var part in manifest.RootElement.GetProperty("layers").EnumerateArray().Append(manifest.RootElement.GetProperty("config")))
            Blob(layout, part.GetProperty("digest").GetString()!);
    }

    /// <summary>A file of an image in a layout, by platform; the last layer that has it counts. Null: no layer has it.</summary>
    public static async Task<byte[]?> FileAsync(string layout, string digest, string path, string? architecture = null) =>
        (await FindAsync(layout, digest, path, architecture))?.Content;

    /// <summary>In which layer a file of an image is, counted from the top: 0 is the last one. Null: in none.</summary>
    public static async Task<int?> LayerAsync(string layout, string digest, string path, string? architecture = null) =>
        (await FindAsync(layout, digest, path, architecture))?.FromTop;

    private static async Task<(int FromTop, byte[] Content)?> FindAsync(string layout, string digest, string path, string? architecture)
    {
        using var root = JsonDocument.Parse(Blob(layout, digest));
        if (root.RootElement.TryGetProperty("manifests", out var platforms))
        {
            var child = platforms.EnumerateArray().Single(one => one.GetProperty("platform").GetProperty("architecture").GetString() == architecture);
            return await FindAsync(layout, child.GetProperty("digest").GetString()!, path, null);
        }

        foreach (var (fromTop, layer) in root.RootElement.GetProperty("layers").EnumerateArray().Reverse().Index())
        {
            await using var stream = new System.IO.Compression.GZipStream(new MemoryStream(Blob(layout, layer.GetProperty("digest").GetString()!)), System.IO.Compression.CompressionMode.Decompress);
            await using var reader = new TarReader(stream);
            while (await reader.GetNextEntryAsync() is { } entry)
            {
                if (entry.Name.TrimStart('.', '/') != path || entry.DataStream is null)
                    continue;
                using var content = new MemoryStream();
                await entry.DataStream.CopyToAsync(content);
                return (fromTop, content.ToArray());
            }
        }

        return null;
    }

    private static byte[] Blob(string layout, string digest)
    {
        var content = File.ReadAllBytes(Path.Combine(layout, "blobs", digest.Replace(':', '/')));
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}".ShouldBe(digest);
        return content;
    }
}
