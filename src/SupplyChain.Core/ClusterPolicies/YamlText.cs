using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// Writes objects as YAML 1.2, in block style. A string stands without quotes only where every version of YAML reads it as that string: what comes
/// from certificates and image names must not become a number, a boolean or a key of its own.
/// </summary>
internal static partial class YamlText
{
    /// <param name="header">For people; each line becomes a comment.</param>
    public static string Write(IEnumerable<string> header, IReadOnlyList<JsonObject> documents)
    {
        var text = new StringBuilder();
        foreach (var line in header)
            text.Append(line.Length == 0 ? "#" : $"# {Diagnostics.SingleLine.Of(line, 2000)}").Append('\n');
        foreach (var (index, document) in documents.Index())
        {
            if (index > 0)
                text.Append("---\n");
            WriteMembers(text, document, 0);
        }
        return text.ToString();
    }

    /// <summary>A list of strings.</summary>
    public static JsonArray List(IEnumerable<string> items) => [.. items.Select(item => JsonValue.Create(item))];

    private static void WriteMembers(StringBuilder text, JsonObject item, int indent)
    {
        foreach (var (name, value) in item)
        {
            text.Append(' ', indent).Append(Scalar(name)).Append(':');
            WriteValue(text, value, indent);
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } item:
                text.Append('\n');
                WriteMembers(text, item, indent + 2);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                foreach (var entry in list)
                    WriteEntry(text, entry, indent + 2);
                break;
            case JsonObject:
                text.Append(" {}\n");
                break;
            case JsonArray:
                text.Append(" []\n");
                break;
            default:
                text.Append(' ').Append(Scalar(value, indent + 2)).Append('\n');
                break;
        }
    }

    private static void WriteEntry(StringBuilder text, JsonNode? entry, int indent)
    {
        text.Append(' ', indent).Append('-');
        if (entry is not JsonObject { Count: > 0 } item)
        {
            WriteValue(text, entry, indent);
            return;
        }
        // The first member stands beside the dash, the others below it.
        var members = new StringBuilder();
        WriteMembers(members, item, indent + 2);
        text.Append(' ').Append(members, indent + 2, members.Length - indent - 2);
    }

    private static string Scalar(JsonNode? value, int indent) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.String => value.GetValue<string>() is var text && IsBlock(text) ? Block(text, indent) : Scalar(text),
        _ => value.ToJsonString(),
    };

    private static string Scalar(string text)
    {
        if (Plain().IsMatch(text) && !Reserved().IsMatch(text))
            return text;
        if (text.Any(IsSpecial))
            return Quoted(text);
        // Escapes of regular expressions stay as they are in single quotes, quotation marks of CEL in double ones.
        return text.Contains('\'') && !text.AsSpan().ContainsAny('"', '\\') ? $"\"{text}\"" : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text)
        {
            if (character is '"' or '\\')
                quoted.Append('\\').Append(character);
            else if (IsSpecial(character))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            else
                quoted.Append(character);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>Lines that a block scalar gives back as they are.</summary>
    private static bool IsBlock(string text) =>
        text.Contains('\n') && text[0] is not (' ' or '\n') && text.Split('\n').All(line => !line.Any(IsSpecial) && !line.EndsWith(' ')) && !text.EndsWith("\n\n", StringComparison.Ordinal);

    private static string Block(string text, int indent)
    {
        var keepsEnd = text.EndsWith('\n');
        var lines = (keepsEnd ? text[..^1] : text).Split('\n').Select(line => line.Length == 0 ? "" : new string(' ', indent) + line);
        return $"{(keepsEnd ? "|" : "|-")}\n{string.Join('\n', lines)}";
    }

    // Control characters and what some parsers take for the end of a line.
    private static bool IsSpecial(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or '\uFEFF' || char.GetUnicodeCategory(character) == UnicodeCategory.Format;

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_./-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex("^(true|false|yes|no|on|off|y|n|null|nan|inf)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
