using System.Text.RegularExpressions;

namespace SupplyChain.Core.Gating;

/// <summary>Paths inside an image as .trivyignore.yaml writes them: <c>*</c> stays in a folder, <c>**</c> does not; a leading '/' says nothing.</summary>
internal static class PathPattern
{
    public static bool Matches(string pattern, string path)
    {
        // No backtracking: a hostile file name must not take the processor.
        var expression = Regex.Escape(pattern.TrimStart('/')).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal).Replace(@"\?", "[^/]", StringComparison.Ordinal);
        return Regex.IsMatch(path.TrimStart('/'), $"^{expression}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }
}
