using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SupplyChain.Core.Images;

/// <summary>
/// Names an image: <c>registry/repository[:tag][@digest]</c>. <see cref="Registry"/> is null for an image in an OCI layout folder.
/// Grammar: OCI distribution specification 1.1, "Pulling manifests".
/// </summary>
public sealed record ImageReference(
    // Written even when it is null: a state file that merely lost it must not turn a registry into a folder.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Registry,
    string Repository,
    string? Tag = null,
    Digest? Digest = null)
{
    /// <summary><c>registry/repository</c>, without tag and digest.</summary>
    public string Name => Registry is null ? Repository : $"{Registry}/{Repository}";

    /// <summary>The same name, pinned to a digest and without a tag.</summary>
    public ImageReference At(Digest digest) => this with { Tag = null, Digest = digest };

    /// <summary>
    /// Docker's rule: the first part is a registry when it has a '.' or a ':' in it, or is <c>localhost</c>. There is no default registry: what
    /// names none has <see cref="Registry"/> null. Nothing is made lower-case: a repository with capitals is no reference.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (string.IsNullOrEmpty(text) || text.Length > 512)
            return false;
        Digest? digest = null;
        if (text.IndexOf('@') is >= 0 and var at)
        {
            if (!Images.Digest.TryParse(text[(at + 1)..], out var parsed))
                return false;
            digest = parsed;
            text = text[..at];
        }
        string? registry = null;
        if (text.IndexOf('/') is > 0 and var slash && IsRegistryPart(text[..slash]))
        {
            registry = text[..slash];
            text = text[(slash + 1)..];
        }
        string? tag = null;
        if (text.IndexOf(':') is >= 0 and var colon)
        {
            tag = text[(colon + 1)..];
            text = text[..colon];
        }
        if ((registry is not null && !IsRegistry(registry)) || !IsRepository(text) || (tag is not null && !IsTag(tag)))
            return false;
        reference = new ImageReference(registry, text, tag, digest);
        return true;
    }

    /// <summary>Host name, IPv4 address or bracketed IPv6 address, and a port if need be.</summary>
    public static bool IsRegistry(string text)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']');
            return end > 0 && System.Net.IPAddress.TryParse(text[1..end], out var address)
                && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !text[1..end].Contains('%')
                && (end == text.Length - 1 || (text[end + 1] == ':' && IsPort(text[(end + 2)..])));
        }
        var colon = text.IndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        return (colon < 0 || IsPort(text[(colon + 1)..])) && host.Length is > 0 and <= 253 && host.Split('.').All(IsHostLabel);
    }

    /// <summary>Parts of lower-case letters and digits with single separators (<c>.</c>, <c>_</c>, <c>__</c>, dashes), <c>/</c> between the parts; at most 255 letters.</summary>
    public static bool IsRepository(string text) => text.Length is > 0 and <= 255 && text.Split('/').All(IsRepositoryPart);

    /// <summary>At most 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>; the last two not at the beginning.</summary>
    public static bool IsTag(string text) =>
        text.Length is > 0 and <= 128 && text[0] is not ('.' or '-') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    public override string ToString() => Name + (Tag is null ? "" : $":{Tag}") + (Digest is { } digest ? $"@{digest}" : "");

    private static bool IsRegistryPart(string part) => part == "localhost" || part.Contains('.') || part.Contains(':');

    private static bool IsPort(string text) => text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && int.Parse(text) is > 0 and <= 65535;

    private static bool IsHostLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsRepositoryPart(string part)
    {
        if (part.Length == 0 || !IsLowerOrDigit(part[0]) || !IsLowerOrDigit(part[^1]))
            return false;
        for (var i = 0; i < part.Length;)
        {
            var separator = i;
            while (!IsLowerOrDigit(part[i]))
                i++;
            if (part[separator..i] is not ("" or "." or "_" or "__") && part[separator..i].Any(c => c != '-'))
                return false;
            i++;
        }
        return true;
    }

    private static bool IsLowerOrDigit(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
