using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Pull-through caches (SupplyChainRegistryMirror): whose name begins with the upstream is fetched from the mirror. Of several that fit, the longest
/// counts. Names begin at whole parts: <c>ghcr.io</c> is not the beginning of <c>ghcr.io.example.com</c>.
/// </summary>
internal sealed record RegistryMirrors(IReadOnlyList<(string Upstream, string Mirror)> All)
{
    public static RegistryMirrors None { get; } = new([]);

    /// <param name="items"><c>upstream|mirror</c>, each a host or a host with a path.</param>
    /// <exception cref="DiagnosticException">SCB0103.</exception>
    public static RegistryMirrors Parse(IReadOnlyList<string> items) => items.Count == 0 ? None : new([.. items.Select(Read)]);

    /// <summary>Where to fetch it: the same name, tag and digest at the mirror; itself where there is none.</summary>
    public ImageReference Apply(ImageReference image)
    {
        var name = image.Name;
        var found = All.Where(mirror => name == mirror.Upstream || name.StartsWith(mirror.Upstream + "/", StringComparison.Ordinal)).OrderByDescending(mirror => mirror.Upstream.Length).FirstOrDefault();
        return found.Upstream is { } upstream && ImageReference.TryParse(found.Mirror + name[upstream.Length..], out var mirrored)
            ? mirrored with { Tag = image.Tag, Digest = image.Digest }
            : image;
    }

    /// <summary>The same for a text that may be no reference at all, which then stays.</summary>
    public string Apply(string text) => All.Count > 0 && ImageReference.TryParse(text, out var image) && image.Registry is not null ? Apply(image).ToString() : text;

    private static (string, string) Read(string item)
    {
        var bar = item.IndexOf('|');
        var (upstream, mirror) = (bar < 0 ? item : item[..bar], bar < 0 ? "" : item[(bar + 1)..]);
        foreach (var (name, what) in new[] { (upstream, "Include"), (mirror, "Mirror") })
        {
            var slash = name.IndexOf('/');
            if (!ImageReference.IsRegistry(slash < 0 ? name : name[..slash]) || (slash >= 0 && !ImageReference.IsRepository(name[(slash + 1)..])))
            {
                throw new DiagnosticException(
                    DiagnosticCodes.UnknownValue,
                    $"SupplyChainRegistryMirror has {what} '{SingleLine.Of(name, 300)}'. Valid values: a registry, with or without a path, for example <SupplyChainRegistryMirror Include=\"mcr.microsoft.com\" Mirror=\"registry.example.com/mcr\" />.");
            }
        }
        return (upstream, mirror);
    }
}
