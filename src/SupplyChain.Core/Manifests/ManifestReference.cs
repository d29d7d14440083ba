namespace SupplyChain.Core.Manifests;

/// <summary>A place in a file that says which image is deployed.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Text">As it stands there, for people: <c>registry.example.com/team/hello-api:1.4.0</c>.</param>
/// <param name="IsPinned">It names a digest.</param>
/// <param name="Edits">What pins it to the wanted digest; none: it is already, or no digest was asked for.</param>
internal sealed record ManifestReference(int Line, string Text, bool IsPinned, IReadOnlyList<TextEdit> Edits);

/// <summary>A change of the text; places count from the beginning of the text before any change.</summary>
internal sealed record TextEdit(int Start, int Length, string Replacement)
{
    public static string Apply(string text, IEnumerable<TextEdit> edits)
    {
        foreach (var edit in edits.OrderByDescending(edit => edit.Start))
            text = string.Concat(text.AsSpan(0, edit.Start), edit.Replacement, text.AsSpan(edit.Start + edit.Length));
        return text;
    }
}

/// <summary>Something in a file that cannot be changed safely.</summary>
/// <param name="line">1-based; 0: unknown.</param>
internal sealed class UnusableManifestException(int line, string message, Exception? cause = null) : Exception(message, cause)
{
    public int Line => line;
}
