namespace SupplyChain.Core.Stores;

/// <summary>Which tags may move to another image.</summary>
/// <param name="Immutable">SupplyChainImmutableTags: an existing tag is not moved to another digest.</param>
/// <param name="Mutable">SupplyChainMutableTags: tags that may move all the same; <c>*</c> stands for any characters. Upper and lower case differ, as in tags.</param>
internal sealed record TagPolicy(bool Immutable, IReadOnlyList<string> Mutable)
{
    public static TagPolicy Default { get; } = new(true, ["latest"]);

    public bool MayMove(string tag) => !Immutable || Mutable.Any(pattern => Matches(pattern, tag));

    /// <summary>Without backtracking into regular expressions: the pattern comes from a project file, and this must end quickly for any.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, mark) = (p++, t);
            else if (p < pattern.Length && pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++mark);
            else
                return false;
        }
        return pattern[p..].Trim('*').IsEmpty;
    }
}
