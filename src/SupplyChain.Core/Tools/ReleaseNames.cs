namespace SupplyChain.Core.Tools;

/// <summary>How the projects name the files of their releases, and who signs them.</summary>
internal static class ReleaseNames
{
    /// <summary>Below https://github.com/.</summary>
    public static string Path(string tool, string version, string platform) => tool switch
    {
        "trivy" => $"aquasecurity/trivy/releases/download/v{version}/trivy_{version}_{Trivy(platform)}",
        "cosign" => $"sigstore/cosign/releases/download/v{version}/cosign-{Go(platform)}{(platform == "win-x64" ? ".exe" : "")}",
        "grype" => $"anchore/grype/releases/download/v{version}/grype_{version}_{Go(platform).Replace('-', '_')}{(platform == "win-x64" ? ".zip" : ".tar.gz")}",
        _ => throw new ArgumentOutOfRangeException(nameof(tool), tool, "Not a tool of this package."),
    };

    /// <summary>Who signs the file of a release, keyless, into <c>FILE.sigstore.json</c>; null: there is no such bundle for this version.</summary>
    public static ReleaseSigner? Signer(string tool, string version) => (tool, System.Version.TryParse(version, out var number) ? number : new Version(0, 0)) switch
    {
        ("trivy", var trivy) when trivy >= new Version(0, 68, 1) => new(
            $"https://github.com/aquasecurity/trivy/.github/workflows/reusable-release.yaml@refs/tags/v{version}", "https://token.actions.githubusercontent.com"),
        ("cosign", var cosign) when cosign >= new Version(3, 0, 1) => new("keyless@projectsigstore.iam.gserviceaccount.com", "https://accounts.google.com"),
        _ => null,
    };

    private static string Go(string platform) => platform switch
    {
        "linux-x64" => "linux-amd64",
        "linux-arm64" => "linux-arm64",
        "osx-x64" => "darwin-amd64",
        "osx-arm64" => "darwin-arm64",
        "win-x64" => "windows-amd64",
        _ => throw new ArgumentOutOfRangeException(nameof(platform), platform, "Not a platform of this package."),
    };

    private static string Trivy(string platform) => platform switch
    {
        "linux-x64" => "Linux-64bit.tar.gz",
        "linux-arm64" => "Linux-ARM64.tar.gz",
        "osx-x64" => "macOS-64bit.tar.gz",
        "osx-arm64" => "macOS-ARM64.tar.gz",
        "win-x64" => "windows-64bit.zip",
        _ => throw new ArgumentOutOfRangeException(nameof(platform), platform, "Not a platform of this package."),
    };
}

/// <summary>The identity in the certificate of a release's signature, and who vouches for it.</summary>
internal sealed record ReleaseSigner(string Identity, string Issuer);
