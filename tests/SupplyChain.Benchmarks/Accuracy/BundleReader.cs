using System.Text;

namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>Reads what a single-file application holds, by its own table of contents (dotnet/runtime, docs/design/features/single-file, bundle format 2 to 6).</summary>
internal static class BundleReader
{
    /// <summary>Every host has it; the eight bytes before it are the offset of the table.</summary>
    private static readonly byte[] Signature = Convert.FromHexString("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae");

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
