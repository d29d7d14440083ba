namespace SupplyChain.Core.Stores;

/// <summary>
/// Makes foreign text fit for a message: one line, no control characters (a registry's words must not become a terminal escape or a
/// CI command such as <c>##vso[…]</c>), and short.
/// </summary>
internal static class Plain
{
    private const int Limit = 300;

    public static string Text(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var cut = text.Length > Limit ? text.AsSpan(0, Limit) : text;
        var clean = string.Create(cut.Length, text, (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) || source[i] is '\u2028' or '\u2029' ? ' ' : source[i];
        }).Trim();
        return text.Length > Limit ? clean + "…" : clean;
    }

    /// <summary>
    /// Scheme, host and path alone: a query can hold an upload ticket or a signed storage URL, and user information a password.
    /// </summary>
    public static string Address(Uri uri) => Text(uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped));
}
