using System.Globalization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>
/// The ignore files of Trivy beside a project. The scanner itself never sees them: it reports everything, and what is let through is decided, and written
/// down, here.
/// </summary>
internal static class IgnoreFiles
{
    private const long MaximumLength = 1024 * 1024;

    /// <exception cref="DiagnosticException">SCB3505.</exception>
    public static IReadOnlyList<Waiver> Read(string projectDirectory)
    {
        var waivers = new List<Waiver>();
        foreach (var name in (string[])[".trivyignore", ".trivyignore.yaml", ".trivyignore.yml"])
        {
            var file = Path.Combine(projectDirectory, name);
            if (!File.Exists(file))
                continue;
            if (new FileInfo(file).Length > MaximumLength)
                throw Malformed(file, 0, "it is larger than 1 MB");
            var lines = File.ReadAllLines(file);
            waivers.AddRange(name == ".trivyignore" ? ReadLines(file, lines) : IgnoreYaml.Read(file, lines));
        }

        return waivers;
    }

    /// <summary>One id a line, <c>exp:yyyy-MM-dd</c> after it where it ends; <c>#</c> begins a comment, which becomes the reason.</summary>
    private static IEnumerable<Waiver> ReadLines(string file, string[] lines)
    {
        string? comment = null;
        for (var number = 1; number <= lines.Length; number++)
        {
            var text = lines[number - 1].Trim();
            if (text.StartsWith('#'))
            {
                comment = text.TrimStart('#').Trim();
                continue;
            }

            var (rule, own) = text.Split('#', 2) is [var before, var after] ? (before, after.Trim()) : (text, null);
            var words = rule.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
                yield return new Waiver(words[0], WaiverOrigin.IgnoreFile, Expiry(file, number, words.Skip(1)), NullIfEmpty(own) ?? NullIfEmpty(comment)) { File = file, Line = number };
            comment = null;
        }
    }

    private static DateOnly? Expiry(string file, int line, IEnumerable<string> words)
    {
        DateOnly? expires = null;
        foreach (var word in words)
            expires = word.StartsWith("exp:", StringComparison.Ordinal) ? Date(file, line, word[4..]) : throw Malformed(file, line, $"'{SingleLine.Of(word, 100)}' is not understood; after the id only exp:yyyy-MM-dd may stand");
        return expires;
    }

    internal static DateOnly Date(string file, int line, string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw Malformed(file, line, $"'{SingleLine.Of(text, 100)}' is no day; write it as yyyy-MM-dd");

    internal static DiagnosticException Malformed(string file, int line, string what) => new(new Diagnostic(
        DiagnosticCodes.WaiverMalformed, $"{Path.GetFileName(file)} cannot be used: {what}. Correct it or delete the file; nothing in it counts as accepted before.", file, line));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
