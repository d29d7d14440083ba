using System.Text.RegularExpressions;

namespace SupplyChain.Core.Manifests;

/// <summary>
/// Where a file that is no YAML names the image: strings of Bicep and Terraform, and templates of Helm charts (<c>image:</c>). Only whole strings with a tag or
/// digest: a bare name may be put together with a tag elsewhere.
/// </summary>
internal static class TextManifest
{
    /// <exception cref="UnusableManifestException">Never; it is looked through line by line.</exception>
    public static IReadOnlyList<ManifestReference> Find(string text, DeployedImage image)
    {
        var reference = $"{Regex.Escape(image.Name.Name)}(?:(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})(?:@sha256:[0-9a-f]{{64}})?|@sha256:[0-9a-f]{{64}})";
        var places = new Regex($"(?<quote>['\"])(?<image>{reference})\\k<quote>|(?<=^[ \\t-]*image:[ \\t]*)(?<image>{reference})(?=[ \\t\\r]*(?:#|$))", RegexOptions.CultureInvariant | RegexOptions.Multiline, TimeSpan.FromSeconds(10));
        try
        {
            return
            [
                .. places.Matches(text).Select(match => match.Groups["image"]).Where(found => !IsComment(text, found.Index)).Select(found => new ManifestReference(
                    text.AsSpan(0, found.Index).Count('\n') + 1,
                    found.Value,
                    found.Value.Contains("@sha256:", StringComparison.Ordinal),
                    image.Digest is null || found.Value.EndsWith($"@{image.Digest}", StringComparison.Ordinal) ? [] : [new TextEdit(found.Index, found.Length, image.Pinned)])),
            ];
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new UnusableManifestException(0, "it takes too long to look through", exception);
        }
    }

    private static bool IsComment(string text, int index)
    {
        var line = text.AsSpan(text.LastIndexOf('\n', index) + 1).TrimStart();
        return line.StartsWith("#") || line.StartsWith("//");
    }
}
