using System.Globalization;
using System.Text;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>The content of a pax extended header: records of the form <c>length key=value\n</c>, the length counting itself (POSIX.1-2001, pax, "pax Extended Header").</summary>
internal static class PaxRecords
{
    /// <exception cref="DiagnosticException">SCB1001: malformed.</exception>
    internal static IReadOnlyList<(string Key, string Value)> Parse(ReadOnlySpan<byte> content)
    {
        var records = new List<(string, string)>();
        while (!content.IsEmpty)
        {
            var blank = content.IndexOf((byte)' ');
            if (blank is < 1 or > 8 || !int.TryParse(content[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= blank + 2
                || length > content.Length || content[length - 1] != '\n')
                throw Malformed();
            var record = content[(blank + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
                throw Malformed();
            records.Add((Encoding.UTF8.GetString(record[..equals]), Encoding.UTF8.GetString(record[(equals + 1)..])));
            content = content[length..];
        }
        return records;
    }

    internal static byte[] Write(string key, string value)
    {
        var text = $" {key}={value}\n";
        var rest = Encoding.UTF8.GetByteCount(text);
        var length = rest + 1;
        // The length counts its own digits.
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        return Encoding.UTF8.GetBytes(length.ToString(CultureInfo.InvariantCulture) + text);
    }

    private static DiagnosticException Malformed() => new(DiagnosticCodes.ArchiveUnreadable, "an extended header is malformed");
}
