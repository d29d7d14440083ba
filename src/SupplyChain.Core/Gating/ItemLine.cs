using System.Xml;

namespace SupplyChain.Core.Gating;

/// <summary>The line of an item or a property in an MSBuild file. MSBuild tells tasks the file and not the line.</summary>
internal static class ItemLine
{
    private const long MaximumLength = 4 * 1024 * 1024;

    /// <summary>1-based; 0 when it does not stand there as it is: it was computed, or the file cannot be read.</summary>
    public static int Find(string? file, string item, string include) => Find(
        file, (reader, name) => name == item && (reader.GetAttribute("Include") ?? reader.GetAttribute("Update"))?.Split(';', StringSplitOptions.TrimEntries).Contains(include.Trim(), StringComparer.OrdinalIgnoreCase) is true);

    /// <summary>The last definition of a property counts.</summary>
    public static int FindProperty(string? file, string property) =>
        Find(file, (_, name) => string.Equals(name, property, StringComparison.OrdinalIgnoreCase), last: true);

    private static int Find(string? file, Func<XmlReader, string, bool> isIt, bool last = false)
    {
        if (string.IsNullOrEmpty(file) || !File.Exists(file))
            return 0;
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > MaximumLength)
                return 0;
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaximumLength });
            var found = 0;
            while (reader.Read() && (found == 0 || last))
            {
                if (reader.NodeType == XmlNodeType.Element && isIt(reader, reader.LocalName))
                    found = ((IXmlLineInfo)reader).LineNumber;
            }

            return found;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or XmlException)
        {
            return 0;
        }
    }
}
