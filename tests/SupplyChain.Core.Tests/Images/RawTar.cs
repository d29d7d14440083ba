using System.Text;

namespace SupplyChain.Core.Tests.Images;

/// <summary>Tar blocks by hand, for what System.Formats.Tar rightly does not write.</summary>
internal static class RawTar
{
    public static byte[] Header(string name, char type, long size)
    {
        var block = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(block, 0);
        "0000644\0"u8.CopyTo(block.AsSpan(100));
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        }
        else
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
            block[124] = 0x80;
        }
        block[156] = (byte)type;
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
        return block;
    }

    public static byte[] Entry(string name, char type, byte[] content) =>
        [.. Header(name, type, content.Length), .. content, .. new byte[(512 - content.Length % 512) % 512]];

    public static byte[] Pax(char type, params (string Key, string Value)[] records)
    {
        var content = string.Concat(records.Select(record =>
        {
            var rest = $" {record.Key}={record.Value}\n";
            var length = rest.Length + 2;
            return $"{(length < 100 ? length : length + 1)}{rest}";
        }));
        return Entry("PaxHeaders.0/x", type, Encoding.UTF8.GetBytes(content));
    }
}
