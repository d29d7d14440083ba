using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>Releases of cosign whose verification can be got around. They sign as well as any other, so it is a warning.</summary>
internal static class CosignAdvisories
{
    /// <summary>The first release without any of them.</summary>
    private const string Good = "3.1.3";

    private static readonly Version Bundles = new(3, 1, 3);

    /// <summary>Null: nothing is known against it, or nobody knows its version (builds of distributions say <c>devel</c>).</summary>
    public static Diagnostic? Of(Tool cosign)
    {
        if (!Version.TryParse(cosign.Version?.TrimStart('v').Split('-', '+', '~')[0], out var version) || version >= Bundles)
            return null;
        // Fixed in 2.6.2 and 3.0.4 (cosign's changelog); the other one in 3.1.3 alone.
        var both = version < new Version(2, 6, 2) || (version.Major == 3 && version < new Version(3, 0, 4));
        return new Diagnostic(
            DiagnosticCodes.CosignVulnerable,
            $"cosign {cosign.Version} ({cosign.Path}, found by {cosign.FoundBy}) can be made to accept what it should refuse ({(both ? "GHSA-whqx-f9j3-ch6m, " : "")}GHSA-fx35-mq7g-6g98). What is verified here is compared with what was signed, but do not verify images of others with it: install {Good} or later.");
    }
}
