using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace SupplyChain.Core.Reports;

/// <summary>Puts HTML together: what is markup is written in the source, what is text is encoded, and there is no third way.</summary>
internal sealed class HtmlText
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _html = new(64 * 1024);

    /// <summary>Markup of our own.</summary>
    public HtmlText Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    /// <summary>Text from anywhere, as content or as a quoted attribute.</summary>
    public HtmlText Text(string? text)
    {
        _html.Append(Encoder.Encode(text ?? ""));
        return this;
    }

    /// <summary>The name of something: a narrow column breaks it after a dot or a slash, and only a part that is longer than any real one inside.</summary>
    public HtmlText Name(string? text) => Breaking(text, "./@_:");

    /// <summary>The same for a version, a digest, a path in mono-spaced letters: 5.0.3 stays in one piece.</summary>
    public HtmlText Version(string? text) => Breaking(text, "/@+~:,");

    private HtmlText Breaking(string? text, string after)
    {
        const int Longest = 40;
        var start = 0;
        for (var index = 0; index < (text?.Length ?? 0); index++)
        {
            if (!after.Contains(text![index], StringComparison.Ordinal) && (index + 1 - start < Longest || char.IsHighSurrogate(text[index])))
                continue;
            Text(text[start..(index + 1)]).Raw("<wbr>");
            start = index + 1;
        }

        return Text(text?[start..]);
    }

    public HtmlText Number(long number)
    {
        _html.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");
        return this;
    }

    /// <summary>A cell with its label, which small screens show.</summary>
    public HtmlText Cell(string label, string? text, string attributes = "") => Raw($"<td data-l=\"{label}\"{attributes}>").Text(text).Raw("</td>");

    /// <summary>The same for a name.</summary>
    public HtmlText NameCell(string label, string? text) => Raw($"<td data-l=\"{label}\">").Name(text).Raw("</td>");

    /// <summary>The same for a version or digest.</summary>
    public HtmlText VersionCell(string label, string? text) => Raw($"<td data-l=\"{label}\" class=\"mono\">").Version(text).Raw("</td>");

    public override string ToString() => _html.ToString();
}
