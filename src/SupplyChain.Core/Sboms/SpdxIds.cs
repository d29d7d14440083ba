namespace SupplyChain.Core.Sboms;

/// <summary>SPDX ids of components: letters, digits, '.' and '-' only (SPDX 2.3, clause 7.2), and none twice.</summary>
internal sealed class SpdxIds
{
    private const int MostLetters = 150;

    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    public SpdxIds(IEnumerable<Component> components)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var component in components)
        {
            var id = "SPDXRef-" + Sanitize(component.BomRef);
            for (var number = 2; !taken.Add(id); number++)
                id = $"SPDXRef-{Sanitize(component.BomRef)}-{number}";
            _ids[component.BomRef] = id;
        }
    }

    public string Of(string bomRef) => _ids[bomRef];

    /// <summary>Of what else stands in it, each run becomes one '-', and none at the ends.</summary>
    public static string Sanitize(string text)
    {
        Span<char> kept = stackalloc char[Math.Min(text.Length, MostLetters)];
        var length = 0;
        foreach (var letter in text.AsSpan(0, kept.Length))
        {
            if (char.IsAsciiLetterOrDigit(letter) || letter == '.')
                kept[length++] = letter;
            else if (length > 0 && kept[length - 1] != '-')
                kept[length++] = '-';
        }

        return new string(kept[..(length > 0 && kept[length - 1] == '-' ? length - 1 : length)]);
    }
}
