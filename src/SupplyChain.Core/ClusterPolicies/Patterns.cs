using System.Text;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Regular expressions in the syntax of RE2, which Go and CEL share.</summary>
internal static class Patterns
{
    /// <summary>This text and nothing else.</summary>
    public static string Exactly(string text) => $"^{Escape(text)}$";

    /// <param name="pattern"><c>*</c> stands for any text.</param>
    public static string Wildcard(string pattern) => $"^{string.Join(".*", pattern.Split('*').Select(Escape))}$";

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in text)
        {
            if (@"\.+*?()|[]{}^$".Contains(character))
                escaped.Append('\\');
            escaped.Append(character);
        }
        return escaped.ToString();
    }
}
