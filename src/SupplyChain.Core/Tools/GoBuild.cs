using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SupplyChain.Core.Tools;

/// <summary>
/// Reads the version of a Go program from what the Go linker writes into every executable (debug/buildinfo, format of Go 1.18 and later): the
/// program need not run to say what it is.
/// </summary>
internal static class GoBuild
{
    /// <summary>Stands at an address that is a multiple of 16; then pointer size, flags, and at 32 two strings with their length before them.</summary>
    public static ReadOnlySpan<byte> Mark => [0xff, (byte)' ', (byte)'G', (byte)'o', (byte)' ', (byte)'b', (byte)'u', (byte)'i', (byte)'l', (byte)'d', (byte)'i', (byte)'n', (byte)'f', (byte)':'];

    private const int LargestInformation = 256 * 1024;
    private const byte InlineStrings = 2;
    private const int Sentinel = 16;

    /// <summary>Null: nothing readable stands there, or it holds no version.</summary>
    public static string? ReadVersion(SafeFileHandle file, long offset)
    {
        if (offset % 16 != 0)
            return null;
        var bytes = new byte[LargestInformation];
        var count = RandomAccess.Read(file, bytes, offset);
        ReadOnlySpan<byte> rest = bytes.AsSpan(0, count);
        if (count < 34 || (rest[15] & InlineStrings) == 0)
            return null;
        rest = rest[32..];
        if (!TakeString(ref rest, out _) || !TakeString(ref rest, out var module) || module.Length < 2 * Sentinel)
            return null;
        return FindVersion(Encoding.UTF8.GetString(module[Sentinel..^Sentinel]));
    }

    /// <summary>
    /// What the linker was told (<c>-X ….ver=0.74.0</c>, <c>gitVersion=v3.0.6</c>) is what the program says of itself; else the version of its module.
    /// </summary>
    private static string? FindVersion(string text)
    {
        var lines = text.Split('\n');
        var flags = lines.FirstOrDefault(line => line.StartsWith("build\t-ldflags=", StringComparison.Ordinal))?.Split(' ', '"', '\'') ?? [];
        var told = flags.Select(flag => (flag.StartsWith("-X=", StringComparison.Ordinal) ? flag[3..] : flag).Split('=', 2)).FirstOrDefault(parts => parts.Length == 2
            && (parts[0].EndsWith(".ver", StringComparison.Ordinal) || parts[0].EndsWith(".version", StringComparison.Ordinal) || parts[0].EndsWith(".gitVersion", StringComparison.Ordinal)));
        var module = lines.FirstOrDefault(line => line.StartsWith("mod\t", StringComparison.Ordinal))?.Split('\t').ElementAtOrDefault(2);
        return new[] { told?[1], module }.Select(version => version?.Trim().TrimStart('v')).FirstOrDefault(version => version is { Length: > 0 and < 64 } && char.IsAsciiDigit(version[0]));
    }

    private static bool TakeString(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        var (length, used) = (0, 0);
        for (; used < Math.Min(rest.Length, 4); used++)
        {
            length |= (rest[used] & 0x7f) << (7 * used);
            if (rest[used] < 0x80)
                break;
        }
        if (used >= Math.Min(rest.Length, 4) || length > rest.Length - used - 1)
            return false;
        text = rest.Slice(used + 1, length);
        rest = rest[(used + 1 + length)..];
        return true;
    }
}
