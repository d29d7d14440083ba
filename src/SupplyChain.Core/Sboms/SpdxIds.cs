namespace SupplyChain.Core.Sboms;

/// <summary>SPDX ids of components: letters, digits, '.' and '-' only (SPDX 2.3, clause 7.2), and none twice.</summary>
internal sealed class SpdxIds
{
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

    public static string Sanitize(string text) =>
        string.Join('-', new string([.. text.Take(150).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' ? c : '-')]).Split('-', StringSplitOptions.RemoveEmptyEntries));
}
