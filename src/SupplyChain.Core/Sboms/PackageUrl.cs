using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// A package URL (ECMA-427, "Package-URL specification"): <c>pkg:type/namespace/name@version?qualifiers#subpath</c>.
/// <see cref="ToString"/> gives the canonical form; two package URLs are the same package when their canonical forms are equal.
/// </summary>
public sealed class PackageUrl : IEquatable<PackageUrl>
{
    private readonly string _canonical;

    /// <param name="type">nuget, deb, apk, rpm, oci, …; any case.</param>
    /// <param name="packageNamespace">The vendor for deb, apk and rpm; null for nuget and oci. Segments separated by '/'.</param>
    /// <exception cref="FormatException">A part breaks the specification, or the rules of the type.</exception>
    public PackageUrl(
        string type,
        string? packageNamespace,
        string name,
        string? version = null,
        IReadOnlyDictionary<string, string>? qualifiers = null,
        string? subpath = null)
    {
        Type = type.ToLowerInvariant();
        if (Type.Length == 0 || !char.IsAsciiLetter(Type[0]) || !Type.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
            throw new FormatException($"'{type}' is not a package URL type.");
        var ignoresCase = Type is "deb" or "apk" or "oci" or "github" or "bitbucket";
        Namespace = NullIfEmpty(string.Join('/', (packageNamespace ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries)));
        if (Namespace is not null && (ignoresCase || Type == "rpm"))
            Namespace = Namespace.ToLowerInvariant();
        Name = ignoresCase ? name.Trim('/').ToLowerInvariant() : name.Trim('/');
        if (Name.Length == 0)
            throw new FormatException("A package URL needs a name.");
        if (Namespace is null && Type is ("deb" or "apk" or "rpm"))
            throw new FormatException($"A package URL of type {Type} needs a namespace: the vendor, for example debian.");
        if (Namespace is not null && Type is ("nuget" or "oci"))
            throw new FormatException($"A package URL of type {Type} has no namespace.");
        Version = NullIfEmpty(version);
        var sorted = new SortedList<string, string>(StringComparer.Ordinal);
        foreach (var key in qualifiers?.Keys ?? [])
        {
            if (qualifiers![key] is { Length: > 0 } value && !sorted.TryAdd(Key(key), value))
                throw Twice(key);
        }

        Qualifiers = sorted;
        Subpath = NullIfEmpty(string.Join('/', (subpath ?? "").Split('/').Where(segment => segment is not ("" or "." or ".."))));
        _canonical = Canonical();
    }

    public string Type { get; }

    public string? Namespace { get; }

    public string Name { get; }

    public string? Version { get; }

    /// <summary>Keys in lower case, ordered.</summary>
    public IReadOnlyDictionary<string, string> Qualifiers { get; }

    public string? Subpath { get; }

    public static PackageUrl NuGet(string id, string version) => new("nuget", null, id, version);

    /// <summary>Reads any valid spelling.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PackageUrl? purl)
    {
        try
        {
            purl = text is null ? null : Parse(text);
        }
        catch (FormatException)
        {
            purl = null;
        }

        return purl is not null;
    }

    /// <exception cref="FormatException">Not a package URL.</exception>
    public static PackageUrl Parse(string text)
    {
        var rest = text;
        var subpath = CutRight(ref rest, '#');
        var qualifiers = CutRight(ref rest, '?');
        if (!rest.StartsWith("pkg:", StringComparison.OrdinalIgnoreCase))
            throw new FormatException($"'{text}' does not start with 'pkg:'.");
        rest = rest[4..].TrimStart('/');
        var slash = rest.IndexOf('/');
        if (slash <= 0)
            throw new FormatException($"'{text}' has no type and name.");
        var type = rest[..slash];
        rest = rest[(slash + 1)..];
        var version = CutRight(ref rest, '@');
        rest = rest.Trim('/');
        var last = rest.LastIndexOf('/');
        return new PackageUrl(
            type,
            last < 0 ? null : string.Join('/', rest[..last].Split('/').Select(segment => Segment(segment, text))),
            Decode(rest[(last + 1)..]),
            version is null ? null : Decode(version),
            qualifiers is null ? null : Pairs(qualifiers, text),
            subpath is null ? null : string.Join('/', subpath.Split('/').Select(segment => Segment(segment, text))));
    }

    public bool Equals(PackageUrl? other) => other is not null && _canonical == other._canonical;

    public override bool Equals(object? obj) => Equals(obj as PackageUrl);

    public override int GetHashCode() => _canonical.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _canonical;

    private string Canonical()
    {
        var text = new StringBuilder("pkg:").Append(Type).Append('/');
        foreach (var segment in Namespace?.Split('/') ?? [])
            text.Append(Encode(segment)).Append('/');
        text.Append(Encode(Name));
        if (Version is not null)
            text.Append('@').Append(Encode(Version));
        var separator = '?';
        foreach (var (key, value) in Qualifiers)
        {
            text.Append(separator).Append(key).Append('=').Append(Encode(value));
            separator = '&';
        }

        if (Subpath is not null)
            text.Append('#').AppendJoin('/', Subpath.Split('/').Select(Encode));
        return text.ToString();
    }

    /// <summary>Everything but letters, digits and <c>.-_~</c> is encoded; the colon never is (clause "Character encoding").</summary>
    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("%3A", ":", StringComparison.Ordinal);

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static string Segment(string segment, string purl) =>
        Decode(segment) is var decoded && decoded.Contains('/') ? throw new FormatException($"'{purl}' has a '/' inside a segment.") : decoded;

    private static SortedList<string, string> Pairs(string qualifiers, string purl)
    {
        var pairs = new SortedList<string, string>(StringComparer.Ordinal);
        foreach (var pair in qualifiers.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            if (equals <= 0)
                throw new FormatException($"'{purl}' has a qualifier without a value.");
            if (!pairs.TryAdd(pair[..equals], Decode(pair[(equals + 1)..])))
                throw Twice(pair[..equals]);
        }

        return pairs;
    }

    private static FormatException Twice(string key) => new($"The qualifier '{key}' stands twice.");

    private static string Key(string key)
    {
        var lower = key.ToLowerInvariant();
        return lower.Length > 0 && char.IsAsciiLetter(lower[0]) && lower.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? lower
            : throw new FormatException($"'{key}' is not a qualifier.");
    }

    private static string? CutRight(ref string text, char separator)
    {
        var at = text.LastIndexOf(separator);
        if (at < 0)
            return null;
        var right = text[(at + 1)..];
        text = text[..at];
        return right;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
