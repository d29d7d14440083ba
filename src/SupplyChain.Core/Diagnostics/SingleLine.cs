using System.Globalization;
using System.Text;

namespace SupplyChain.Core.Diagnostics;

/// <summary>
/// Text from outside (scanners, registries, packages) as it may stand in a message: one line, no control or formatting characters, nothing that
/// a build log takes for a line or a command of its own.
/// </summary>
internal static class SingleLine
{
    /// <summary>
    /// White space and invisible characters become one space each; a text over <paramref name="limit"/> characters is cut.
    /// <c>##[…]</c> and <c>##vso[…]</c> are commands wherever they stand in a line (Azure Pipelines, GitHub Actions), so a pair of # is parted.
    /// </summary>
    public static string Of(string? text, int limit = 1000)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var line = new StringBuilder(Math.Min(text.Length, limit) + 1);
        foreach (var character in text)
        {
            if (line.Length >= limit)
            {
                // Not between the halves of a surrogate pair.
                if (char.IsHighSurrogate(line[^1]))
                    line.Length--;
                line.Append('…');
                break;
            }

            if (!IsInvisible(character))
                line.Append(character == '#' && line.Length > 0 && line[^1] == '#' ? " #" : character.ToString());
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        return line.ToString().Trim();
    }

    /// <summary>For a text of several lines: only the commands in it are taken apart.</summary>
    public static string WithoutCommands(string text) => text.Replace("##", "# #", StringComparison.Ordinal);

    // Format holds what turns the direction of writing, LineSeparator and ParagraphSeparator what some viewers break lines at.
    private static bool IsInvisible(char character) => char.IsWhiteSpace(character) || CharUnicodeInfo.GetUnicodeCategory(character) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
