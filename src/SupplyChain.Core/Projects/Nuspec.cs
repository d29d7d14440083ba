using System.Xml;

namespace SupplyChain.Core.Projects;

/// <summary>What a package says about itself (nuspec reference, <c>metadata</c>). Nothing in it is trusted: no DTD, no external entity, limits on every size.</summary>
internal sealed record Nuspec
{
    /// <summary>Bytes. The gallery refuses far smaller ones.</summary>
    internal const long MaximumLength = 4 * 1024 * 1024;

    private const int MaximumText = 4000;

    public string? Id { get; private set; }

    public string? LicenseExpression { get; private set; }

    public string? LicenseFile { get; private set; }

    public string? LicenseUrl { get; private set; }

    public string? Authors { get; private set; }

    public string? Description { get; private set; }

    public string? ProjectUrl { get; private set; }

    public string? RepositoryUrl { get; private set; }

    public string? RepositoryCommit { get; private set; }

    /// <exception cref="XmlException">Not XML, a DTD, or too large.</exception>
    public static Nuspec Read(Stream stream)
    {
        using var reader = XmlReader.Create(stream, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            MaxCharactersInDocument = MaximumLength,
        });
        var nuspec = new Nuspec();
        if (reader.MoveToContent() != XmlNodeType.Element || reader.LocalName != "package" || !reader.ReadToDescendant("metadata", reader.NamespaceURI))
            throw new XmlException("no <metadata> in it");
        if (reader.IsEmptyElement)
            return nuspec;
        reader.Read();
        while (reader.NodeType != XmlNodeType.EndElement)
        {
            if (reader.EOF)
                throw new XmlException("it ends too early");
            if (reader.NodeType == XmlNodeType.Element)
                nuspec.Take(reader);
            else
                reader.Read();
        }

        return nuspec;
    }

    /// <summary>Reads one element and moves behind it.</summary>
    private void Take(XmlReader reader)
    {
        switch (reader.LocalName)
        {
            case "id":
                Id = Text(reader);
                break;
            case "license":
                var isFile = reader.GetAttribute("type") == "file";
                var license = Text(reader);
                (LicenseExpression, LicenseFile) = isFile ? (LicenseExpression, license) : (license, LicenseFile);
                break;
            case "licenseUrl":
                LicenseUrl = WebAddress(Text(reader));
                break;
            case "authors":
                Authors = Text(reader);
                break;
            case "description":
                Description = Text(reader);
                break;
            case "projectUrl":
                ProjectUrl = WebAddress(Text(reader));
                break;
            case "repository":
                RepositoryUrl = WebAddress(reader.GetAttribute("url"));
                RepositoryCommit = Clean(reader.GetAttribute("commit"));
                reader.Skip();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>The text that the element begins with; the reader is behind the element then.</summary>
    private static string? Text(XmlReader reader)
    {
        var (depth, isEmpty, text) = (reader.Depth, reader.IsEmptyElement, (string?)null);
        reader.Read();
        if (isEmpty)
            return null;
        for (; reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace; reader.Read())
            text += reader.Value;
        while (reader.Depth > depth)
            reader.Read();
        if (reader.NodeType != XmlNodeType.EndElement)
            throw new XmlException("it ends too early");
        reader.Read();
        return Clean(text);
    }

    /// <summary>One line, no control characters, of a sensible length; null when nothing is left.</summary>
    private static string? Clean(string? text)
    {
        if (text is null || IsClean(text))
            return text;
        var clean = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (clean.AsSpan().ContainsAnyInRange('\u0000', '\u001f') || clean.Contains('\u007f'))
            clean = string.Concat(clean.Where(c => !char.IsControl(c)));
        return clean.Length == 0 ? null : clean.Length <= MaximumText ? clean : clean[..(char.IsHighSurrogate(clean[MaximumText - 1]) ? MaximumText - 1 : MaximumText)];
    }

    /// <summary>Nothing would change: words of printable ASCII with one space between them, as nearly all texts are.</summary>
    private static bool IsClean(string text)
    {
        var wasSpace = true;
        foreach (var letter in text)
        {
            if (letter is < ' ' or > '~' || (wasSpace && letter == ' '))
                return false;
            wasSpace = letter == ' ';
        }

        return !wasSpace && text.Length <= MaximumText;
    }

    /// <summary>An absolute http or https address without credentials, or null: what a reader may click on.</summary>
    internal static string? WebAddress(string? text)
    {
        if (Clean(text) is not { } clean || !Uri.TryCreate(clean, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return null;
        return uri.UserInfo.Length == 0 ? uri.AbsoluteUri : new UriBuilder(uri) { UserName = "", Password = "" }.Uri.AbsoluteUri;
    }
}
