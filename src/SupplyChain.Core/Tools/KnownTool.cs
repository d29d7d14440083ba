namespace SupplyChain.Core.Tools;

/// <summary>What a message says about a tool that is missing.</summary>
/// <param name="Property">The MSBuild property that names its path.</param>
/// <param name="DownloadPage">The official download page.</param>
internal sealed record KnownTool(string Name, string Property, string DownloadPage, string? Homebrew, string? Winget)
{
    public static KnownTool Of(string name) => name switch
    {
        "trivy" => new(name, "SupplyChainTrivyPath", "https://github.com/aquasecurity/trivy/releases", "trivy", "AquaSecurity.Trivy"),
        "cosign" => new(name, "SupplyChainCosignPath", "https://github.com/sigstore/cosign/releases", "cosign", "sigstore.cosign"),
        "grype" => new(name, "SupplyChainGrypePath", "https://github.com/anchore/grype/releases", "grype", "Anchore.Grype"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a tool of this package."),
    };

    /// <summary>The tools of this package; others (docker, podman) are used as they happen to be there.</summary>
    public static bool IsKnown(string name) => name is "trivy" or "cosign" or "grype";

    /// <summary>A sentence without its full stop: where to get it on this machine.</summary>
    public string HowToGet(IMachine machine) => (machine.IsWindows, machine.IsMacOS) switch
    {
        (true, _) when Winget is not null => $"Install it (winget install {Winget}), download it from {DownloadPage}",
        (_, true) when Homebrew is not null => $"Install it (brew install {Homebrew}), download it from {DownloadPage}",
        _ => $"Install it with your package manager, download it from {DownloadPage}",
    };
}
