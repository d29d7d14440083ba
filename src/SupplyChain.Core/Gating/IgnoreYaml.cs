using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>
/// <c>.trivyignore.yaml</c>: sections (vulnerabilities, secrets, …) of entries with id, paths, purls, expired_at and statement. Reads the part of YAML that such
/// files are written in, block style with plain or quoted texts, and refuses everything else by line: a waiver that is half understood would let too much through.
/// </summary>
internal static class IgnoreYaml
{
    private static readonly string[] Sections = ["vulnerabilities", "secrets", "misconfigurations", "licenses"];

    /// <exception cref="DiagnosticException">SCB3505.</exception>
    public static IReadOnlyList<Waiver> Read(string file, IReadOnlyList<string> lines)
    {
        var waivers = new List<Waiver>();
        string? section = null;
        Entry? entry = null;
        string? list = null;
        for (var number = 1; number <= lines.Count; number++)
        {
            var text = WithoutComment(lines[number - 1]).TrimEnd();
            if (text.Trim().Length == 0 || text == "---")
                continue;
            var indent = text.Length - text.TrimStart().Length;
            var content = text.Trim();
            if (content.Contains('\t') || content[0] is '&' or '*' or '!' or '{' or '[' or '|' or '>' or '%')
                throw Malformed(number, content);
            if (indent == 0 && content[0] != '-')
            {
                Add();
                section = content.EndsWith(':') && Sections.Contains(content[..^1]) ? content[..^1] : content.TrimEnd(' ').EndsWith("[]", StringComparison.Ordinal) && Sections.Contains(content.Split(':')[0]) ? null : throw Malformed(number, content);
                (entry, list) = (null, null);
                continue;
            }

            if (section is null)
                throw Malformed(number, content);
            if (content.StartsWith("- ", StringComparison.Ordinal) && (entry is null || indent <= entry.Indent))
            {
                Add();
                (entry, list) = (new Entry(number, indent), null);
                content = content[2..].Trim();
            }
            else if (content.StartsWith("- ", StringComparison.Ordinal) && list is not null)
            {
                entry!.Items(list).Add(Scalar(number, content[2..].Trim()));
                continue;
            }

            if (entry is null || content.Split(": ", 2) is not [var key, var value] && !(content.EndsWith(':') && (key = content[..^1]) is not null && (value = "") is not null))
                throw Malformed(number, content);
            list = null;
            switch (key)
            {
                case "id" when value.Length > 0:
                    entry.Id = Scalar(number, value);
                    break;
                case "expired_at" when value.Length > 0:
                    entry.Expires = IgnoreFiles.Date(file, number, Scalar(number, value));
                    break;
                case "statement" when value.Length > 0:
                    entry.Statement = Scalar(number, value);
                    break;
                case "paths" or "purls" when value.Length == 0:
                    list = key;
                    break;
                default:
                    throw Malformed(number, content);
            }
        }

        Add();
        return waivers;

        void Add()
        {
            if (entry is null)
                return;
            if (entry.Id is null)
                throw IgnoreFiles.Malformed(file, entry.Line, "an entry has no id");
            if (section is "vulnerabilities" or "secrets" or "misconfigurations")
                waivers.Add(new Waiver(entry.Id, WaiverOrigin.IgnoreFile, entry.Expires, entry.Statement) { Paths = entry.Items("paths"), Purls = entry.Items("purls"), File = file, Line = entry.Line });
            entry = null;
        }

        string Scalar(int line, string text)
        {
            if (text.Length == 0 || text[0] is '[' or '{' or '|' or '>' or '&' or '*' or '!' or '@' or '%')
                throw Malformed(line, text);
            if (text[0] is not ('"' or '\''))
                return text;
            return text.Length > 1 && text[^1] == text[0] && !text[1..^1].Contains(text[0]) && !text.Contains('\\') ? text[1..^1] : throw Malformed(line, text);
        }

        DiagnosticException Malformed(int line, string text) => IgnoreFiles.Malformed(
            file, line, $"'{SingleLine.Of(text, 100)}' is not understood; write sections ({string.Join(", ", Sections)}) of entries with id, paths, purls, expired_at and statement, one a line");
    }

    /// <summary><c>#</c> begins a comment at the start and after white space, outside quotes.</summary>
    private static string WithoutComment(string line)
    {
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            if (quote != '\0')
                quote = line[i] == quote ? '\0' : quote;
            else if (line[i] is '"' or '\'' && (i == 0 || line[i - 1] is ' '))
                quote = line[i];
            else if (line[i] == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1])))
                return line[..i];
        }

        return line;
    }

    private sealed class Entry(int line, int indent)
    {
        private readonly List<string> _paths = [];
        private readonly List<string> _purls = [];

        public int Line => line;

        public int Indent => indent;

        public string? Id { get; set; }

        public DateOnly? Expires { get; set; }

        public string? Statement { get; set; }

        public List<string> Items(string list) => list == "paths" ? _paths : _purls;
    }
}
