namespace SupplyChain.Core.Tools;

/// <summary>One file of an official release, pinned.</summary>
/// <param name="Tool">trivy, cosign, grype.</param>
/// <param name="Version">Without a leading v.</param>
/// <param name="Platform">As .NET names it: linux-x64, osx-arm64, …</param>
/// <param name="Path">Below https://github.com/, and below every mirror: <c>sigstore/cosign/releases/download/v3.1.3/cosign-linux-amd64</c>.</param>
/// <param name="Sha256">Of that file, 64 lower-case hexadecimal digits.</param>
/// <param name="Origin">For people: where this hash was taken from.</param>
public sealed record ToolRelease(string Tool, string Version, string Platform, string Path, string Sha256, string Origin)
{
    public string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The program that comes out of it.</summary>
    public string ProgramName => Platform.StartsWith("win-", StringComparison.Ordinal) ? Tool + ".exe" : Tool;

    /// <summary>The file is the program itself, and no archive that holds it.</summary>
    public bool IsRaw => !IsZip && !FileName.EndsWith(".tar.gz", StringComparison.Ordinal);

    public bool IsZip => FileName.EndsWith(".zip", StringComparison.Ordinal);

    /// <summary>Its folder in the cache: another hash is another folder.</summary>
    public string FolderName => $"{Tool}-{Version}-{Sha256[..16]}";

    /// <summary>For people.</summary>
    public string DisplayName => $"{Tool} {Version}";
}
