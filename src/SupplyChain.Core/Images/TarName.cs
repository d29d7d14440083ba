using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// Names of tar entries. No file is ever written under such a name (blobs are written under their digests), so this is the second line of
/// defence: an archive that tries it is refused as a whole.
/// </summary>
internal static class TarName
{
    private const int MaximumLength = 512;

    /// <summary>Relative, <c>/</c> between the parts, without <c>./</c> before and <c>/</c> behind; the root itself is the empty name.</summary>
    /// <exception cref="DiagnosticException">SCB1002: absolute, leads out of the folder, or is no name on some operating system.</exception>
    internal static string Normalise(string name)
    {
        if (name.Length > MaximumLength)
            throw Hostile(name[..40] + "…", $"is longer than {MaximumLength} characters");
        if (name.Any(c => char.IsControl(c) || c is '\\' or ':' or '\uFFFD'))
            throw Hostile(name, "has characters that a file name must not have");
        if (name.StartsWith('/'))
            throw Hostile(name, "is an absolute path");
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts.Contains(".."))
            throw Hostile(name, "leads out of the folder");
        return string.Join('/', parts);
    }

    private static DiagnosticException Hostile(string name, string what) =>
        new(DiagnosticCodes.ArchiveHostile, $"the name '{SingleLine.Of(name)}' {what}");
}
