using System.Xml;

namespace SupplyChain.Core.Projects;

/// <summary>
/// The lines of one MSBuild file that say something about package versions. Read as text, without evaluating it: conditions, and
/// properties from elsewhere, are not known here.
/// </summary>
internal sealed class ProjectXml(string file)
{
    private const long MaximumLength = 4 * 1024 * 1024;

    public string File => file;

    /// <summary>PackageReference, PackageVersion and GlobalPackageReference items, in the order of the file.</summary>
    public List<PackageLine> Packages { get; } = [];

    /// <summary>Properties, the last definition of each.</summary>
    public Dictionary<string, PropertyLine> Properties { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The text of <c>Import Project="…"</c>.</summary>
    public List<string> Imports { get; } = [];

    /// <summary>Null when the file is missing, too large or not XML: the build itself has accepted it, so nothing more is said about it here.</summary>
    public static ProjectXml? Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length > MaximumLength)
                return null;
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaximumLength });
            var result = new ProjectXml(path);
            result.Read(reader, (IXmlLineInfo)reader);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or XmlException)
        {
            return null;
        }
    }

    private void Read(XmlReader reader, IXmlLineInfo line)
    {
        string? group = null;
        var groupDepth = 0;
        PackageLine? item = null;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            var name = reader.LocalName;
            if (name is "ItemGroup" or "PropertyGroup")
                (group, groupDepth, item) = (name, reader.Depth, null);
            else if (name == "Import" && reader.GetAttribute("Project") is { } import)
                Imports.Add(import);
            else if (group == "PropertyGroup" && reader.Depth == groupDepth + 1)
                Properties[name] = new PropertyLine(line.LineNumber, Content(reader));
            else if (group == "ItemGroup" && reader.Depth == groupDepth + 1)
                item = Item(reader, line, name);
            else if (item is not null && reader.Depth == groupDepth + 2 && name is "Version" or "VersionOverride")
                Replace(item, line.LineNumber, Content(reader));
        }
    }

    private PackageLine? Item(XmlReader reader, IXmlLineInfo line, string name)
    {
        if (name is not ("PackageReference" or "PackageVersion" or "GlobalPackageReference") || (reader.GetAttribute("Include") ?? reader.GetAttribute("Update")) is not { } ids)
            return null;
        var version = reader.GetAttribute("VersionOverride") ?? reader.GetAttribute("Version");
        var at = line.LineNumber;
        if (version is not null && (reader.MoveToAttribute("VersionOverride") || reader.MoveToAttribute("Version")))
        {
            at = line.LineNumber;
            reader.MoveToElement();
        }

        var item = new PackageLine(file, name == "PackageVersion", ids.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), version, at);
        Packages.Add(item);
        return item;
    }

    private void Replace(PackageLine item, int line, string? version)
    {
        var index = Packages.FindLastIndex(candidate => ReferenceEquals(candidate, item));
        if (index >= 0)
            Packages[index] = item with { Version = version, Line = line };
    }

    /// <summary>The text right after the start tag; the reader moves no further than that, so that the caller sees every element.</summary>
    private static string? Content(XmlReader reader) =>
        !reader.IsEmptyElement && reader.Read() && reader.NodeType == XmlNodeType.Text ? reader.Value.Trim() : null;
}

/// <param name="IsCentral">A PackageVersion of central package management.</param>
/// <param name="Version">As it is written; null: it stands elsewhere.</param>
/// <param name="Line">1-based: of the version, else of the item.</param>
internal sealed record PackageLine(string File, bool IsCentral, IReadOnlyList<string> Ids, string? Version, int Line)
{
    public bool Names(string id) => Ids.Contains(id, StringComparer.OrdinalIgnoreCase);
}

internal sealed record PropertyLine(int Line, string? Value);
