using System.Text;

namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>Reads what a single-file application holds, by its own table of contents (dotnet/runtime, docs/design/features/single-file, bundle format 2 to 6).</summary>
internal static class BundleReader
{
    /// <summary>SHA-256 of ".net core bundle"; the eight bytes before it are the offset of the table.</summary>
    private static readonly byte[] Signature = System.Security.Cryptography.SHA256.HashData(".net core bundle"u8);

    /// <returns>Relative path and content of each file; empty when it is no bundle.</returns>
    public static IReadOnlyList<(string Path, byte[] Content)> Read(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var at = bytes.AsSpan().IndexOf(Signature);
        if (at < 8 || BitConverter.ToInt64(bytes, at - 8) is var header && header == 0)
            return [];
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        reader.BaseStream.Position = header;
        var major = reader.ReadUInt32();
        reader.ReadUInt32();
        var count = reader.ReadInt32();
        reader.ReadString();
        if (major >= 2)
            reader.BaseStream.Position += 40;
        var files = new List<(string, byte[])>();
        for (var i = 0; i < count; i++)
        {
            var (offset, size) = (reader.ReadInt64(), reader.ReadInt64());
            if (major >= 6)
                reader.ReadInt64();
            reader.ReadByte();
            files.Add((reader.ReadString(), bytes.AsSpan((int)offset, (int)size).ToArray()));
        }

        return files;
    }
}
