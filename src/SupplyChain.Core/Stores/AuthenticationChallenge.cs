namespace SupplyChain.Core.Stores;

/// <summary>One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1): a scheme and its parameters, names without regard to case.</summary>
internal sealed record AuthenticationChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool Is(string scheme) => string.Equals(Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    public string? this[string parameter] => Parameters.GetValueOrDefault(parameter);

    /// <summary>
    /// Reads all challenges of a header's values. Commas separate parameters and challenges alike and may stand inside quotes
    /// (<c>scope="repository:a:pull,push"</c>), so this goes character by character. What cannot be understood ends the reading of that value.
    /// </summary>
    public static IReadOnlyList<AuthenticationChallenge> Parse(IEnumerable<string> values)
    {
        var challenges = new List<AuthenticationChallenge>();
        foreach (var value in values)
            ParseValue(value, challenges);
        return challenges;
    }

    private static void ParseValue(string text, List<AuthenticationChallenge> challenges)
    {
        var at = 0;
        Dictionary<string, string>? parameters = null;
        while (true)
        {
            while (at < text.Length && (text[at] is ',' || char.IsWhiteSpace(text[at])))
                at++;
            var name = Token(text, ref at);
            if (name.Length == 0)
                return;
            var afterName = at;
            SkipSpace(text, ref at);
            if (at < text.Length && text[at] == '=' && parameters is not null)
            {
                at++;
                SkipSpace(text, ref at);
                if (at < text.Length && text[at] == '"' ? !Quoted(text, ref at, out var value) : (value = Token(text, ref at)).Length == 0)
                    return;
                parameters.TryAdd(name, value);
                continue;
            }
            at = afterName;
            parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            challenges.Add(new AuthenticationChallenge(name, parameters));
        }
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
    }

    private static string Token(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && text[at] is not (',' or '=' or '"') && !char.IsWhiteSpace(text[at]))
            at++;
        return text[start..at];
    }

    private static bool Quoted(string text, ref int at, out string value)
    {
        var characters = new System.Text.StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                value = characters.ToString();
                return true;
            }
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            characters.Append(text[at]);
        }
        value = "";
        return false;
    }
}
