using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// How this cosign wants to be asked. The first try suits 3.x; only a refusal leads to the next one, since asking for the flags
/// (<c>--help</c>) would cost a process each time.
/// </summary>
/// <param name="NewBundleFormat">2.6 writes the v0.3 bundle only when told so; later versions hide the flag.</param>
/// <param name="ServicesByFile">"No services" said by files and not by flags, which are deprecated in 3.1 and may be gone in a later version.</param>
internal sealed record CosignDialect(bool NewBundleFormat = false, bool ServicesByFile = false)
{
    /// <summary>Null: not a matter of flags, or all has been tried.</summary>
    public CosignDialect? After(string standardError)
    {
        if (!ServicesByFile && (IsUnknown(standardError, "--use-signing-config") || IsUnknown(standardError, "--tlog-upload")))
            return this with { ServicesByFile = true };
        if (!NewBundleFormat && !IsUnknown(standardError, "--new-bundle-format") && standardError.Contains("--new-bundle-format", StringComparison.Ordinal))
            return this with { NewBundleFormat = true };
        return null;
    }

    public static bool IsUnknown(string standardError, string flag) => standardError.Contains($"unknown flag: {flag}", StringComparison.Ordinal);
}
