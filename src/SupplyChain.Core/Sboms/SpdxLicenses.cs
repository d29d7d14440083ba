namespace SupplyChain.Core.Sboms;

/// <summary>
/// Tells SPDX licence ids, SPDX expressions (SPDX 2.3, annex D) and other texts apart: CycloneDX allows only listed ids in <c>license.id</c>.
/// The list is that of CycloneDX's own spdx.schema.json.
/// </summary>
internal sealed class SpdxLicenses
{
    private readonly Dictionary<string, string> _licenses;
    private readonly HashSet<string> _exceptions;

    private SpdxLicenses(Dictionary<string, string> licenses, HashSet<string> exceptions) => (_licenses, _exceptions) = (licenses, exceptions);

    public static SpdxLicenses Load()
    {
        using var stream = typeof(SpdxLicenses).Assembly.GetManifestResourceStream("SupplyChain.Core.Sboms.spdx-ids.txt")!;
        using var reader = new StreamReader(stream);

        // Ids are compared without case (annex D.2) and written as the list spells them. An empty line stands between licences and exceptions.
        var licenses = new Dictionary<string, string>(800, StringComparer.OrdinalIgnoreCase);
        var exceptions = new HashSet<string>(100, StringComparer.OrdinalIgnoreCase);
        while (reader.ReadLine() is { Length: > 0 } line)
            licenses.Add(line, line);
        while (reader.ReadLine() is { } line)
            exceptions.Add(line);
        return new SpdxLicenses(licenses, exceptions);
    }

    /// <summary>An id, an expression, or a name when it is neither.</summary>
    public License Classify(string text, string? url = null)
    {
        if (_licenses.TryGetValue(text, out var id))
            return new License(id, null, null, url);
        return IsExpression(text) ? new License(null, null, text) : new License(null, text, null, url);
    }

    /// <summary>The same for several licences of one component. CycloneDX allows an expression only where it is alone.</summary>
    public IReadOnlyList<License> ClassifyAll(IReadOnlyList<string> texts)
    {
        var distinct = texts.Where(text => !string.IsNullOrWhiteSpace(text)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return distinct.ConvertAll(text => Classify(text) is { Expression: null } || distinct.Count == 1 ? Classify(text) : new License(null, text, null));
    }

    /// <summary>True for valid expressions over listed ids, <c>LicenseRef-…</c> and <c>DocumentRef-…:LicenseRef-…</c>.</summary>
    public bool IsExpression(string text)
    {
        var tokens = text.Replace("(", " ( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var at = 0;
        return tokens.Length is > 0 and < 200 && Compound(tokens, ref at, depth: 0) && at == tokens.Length;
    }

    private bool Compound(string[] tokens, ref int at, int depth)
    {
        if (!Simple(tokens, ref at, depth))
            return false;
        while (at < tokens.Length && tokens[at] is "AND" or "OR" or "and" or "or")
        {
            at++;
            if (!Simple(tokens, ref at, depth))
                return false;
        }

        return true;
    }

    private bool Simple(string[] tokens, ref int at, int depth)
    {
        if (at >= tokens.Length || depth > 20)
            return false;
        if (tokens[at] == "(")
        {
            at++;
            return Compound(tokens, ref at, depth + 1) && at < tokens.Length && tokens[at++] == ")";
        }

        if (!IsLicense(tokens[at++]))
            return false;
        if (at < tokens.Length && tokens[at] is "WITH" or "with")
        {
            at++;
            return at < tokens.Length && _exceptions.Contains(tokens[at++]);
        }

        return true;
    }

    private bool IsLicense(string token)
    {
        var reference = token.StartsWith("DocumentRef-", StringComparison.Ordinal) && token.IndexOf(':') is > 0 and var colon ? token[(colon + 1)..] : token;
        return reference.StartsWith("LicenseRef-", StringComparison.Ordinal)
            ? reference.Length > "LicenseRef-".Length && reference.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            : _licenses.ContainsKey(token) || (token.EndsWith('+') && _licenses.ContainsKey(token[..^1]));
    }
}
