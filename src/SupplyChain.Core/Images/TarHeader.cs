using System.Buffers.Binary;
using System.Text;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>One 512-byte header block of a tar (POSIX.1-1988 ustar, with GNU's base-256 numbers). Size is in bytes.</summary>
internal readonly record struct TarHeader(string Name, byte Type, long Size)
{
    /// <summary>Permission bits.</summary>
    internal int Mode { get; init; }

    internal long UserId { get; init; }

    internal long GroupId { get; init; }

    /// <summary>Seconds since 1970-01-01.</summary>
    internal long ModifiedAt { get; init; }

    /// <summary>It says something about the entry that follows and is none itself.</summary>
    internal bool IsExtension => Type is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K';

    /// <exception cref="DiagnosticException">SCB1001: the checksum is wrong, or a number is none.</exception>
    internal static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        if (Number(block.Slice(148, 8)) != Checksum(block))
            throw Unreadable("an entry's header has a wrong checksum, or this is no tar at all");
        var name = Text(block[..100]);
        // GNU's old format ("ustar  ") uses the place of the prefix for other things.
        if (block.Slice(257, 6).SequenceEqual("ustar\0"u8) && Text(block.Slice(345, 155)) is { Length: > 0 } prefix)
            name = $"{prefix}/{name}";
        return new TarHeader(name, block[156], Number(block.Slice(124, 12)));
    }

    /// <summary>With everything that a layer keeps of a file.</summary>
    /// <exception cref="DiagnosticException">SCB1001: as for <see cref="Parse"/>.</exception>
    internal static TarHeader ParseAll(ReadOnlySpan<byte> block) => Parse(block) with
    {
        Mode = (int)(Number(block.Slice(100, 8)) & 0xfff),
        UserId = Number(block.Slice(108, 8)),
        GroupId = Number(block.Slice(116, 8)),
        ModifiedAt = Number(block.Slice(136, 12)),
    };

    /// <summary>
    /// A regular file, readable by all, owned by nobody in particular and without a date: the same content always gives the same bytes.
    /// The name must be ASCII and shorter than 100 letters.
    /// </summary>
    internal static byte[] Write(string name, long size) => new TarHeader(name, (byte)'0', size) { Mode = 0b110_100_100 }.ToBlock();

    /// <summary>The same for every entry. No names of user and group: they would say on which machine it was made. The name as for <see cref="Write"/>.</summary>
    internal byte[] ToBlock()
    {
        var block = new byte[TarIndex.BlockSize];
        Encoding.ASCII.GetBytes(Name, block.AsSpan(0, 99));
        WriteOctal(block.AsSpan(100, 8), Mode);
        WriteOctal(block.AsSpan(108, 8), UserId);
        WriteOctal(block.AsSpan(116, 8), GroupId);
        WriteSize(block.AsSpan(124, 12), Size);
        WriteOctal(block.AsSpan(136, 12), ModifiedAt);
        block[156] = Type;
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(Checksum(block), 8).PadLeft(6, '0') + "\0 ", block.AsSpan(148, 8));
        return block;
    }

    private static void WriteOctal(Span<byte> field, long value) => Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0'), field);

    /// <summary>Eleven octal digits reach to 8 GiB; above that GNU's base-256, which every reader of image archives knows.</summary>
    private static void WriteSize(Span<byte> field, long size)
    {
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), field);
            return;
        }
        field[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(field[4..], size);
    }

    /// <summary>Up to the first NUL.</summary>
    internal static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>The sum of all bytes, the checksum's own eight taken as blanks.</summary>
    private static long Checksum(ReadOnlySpan<byte> block)
    {
        long sum = 8 * ' ';
        for (var i = 0; i < block.Length; i++)
        {
            if (i is < 148 or >= 156)
                sum += block[i];
        }
        return sum;
    }

    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
            return Base256(field);
        long value = 0;
        foreach (var digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                throw Unreadable("a number in an entry's header is malformed");
            value = value * 8 + (digit - '0');
        }
        return value;
    }

    private static long Base256(ReadOnlySpan<byte> field)
    {
        // 0x80 and then the number, big-endian; 0xff would be a negative one.
        long value = field[0] & 0x7f;
        foreach (var digit in field[1..])
        {
            if (value > long.MaxValue >> 8)
                throw Unreadable("a number in an entry's header is malformed");
            value = (value << 8) | digit;
        }
        return value;
    }

    private static DiagnosticException Unreadable(string what) => new(DiagnosticCodes.ArchiveUnreadable, what);
}
