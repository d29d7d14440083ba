using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>Releases that are known to be malicious. They are never run, wherever they come from.</summary>
internal static class DeniedTools
{
    private static readonly IReadOnlyList<DeniedTool> All =
    [
        new("trivy", new Version(0, 69, 4), "CVE-2026-33634: it sends the secrets of a build away"),
        new("trivy", new Version(0, 69, 5), "CVE-2026-33634: it sends the secrets of a build away"),
        new("trivy", new Version(0, 69, 6), "CVE-2026-33634: it sends the secrets of a build away"),
        // trivy_0.69.4_windows-64bit.zip, as Scoop listed it for a day (9f48d40).
        new("trivy", "0376b98064636c30f5fbe60fb3b1225516e23e88dd7e909937f81d9265292e7d", "the archive of Trivy 0.69.4 for Windows, CVE-2026-33634"),
    ];

    /// <param name="version">Null: not known; then only the hash can speak.</param>
    /// <param name="place">For people: the file, or the setting that names it.</param>
    /// <exception cref="DiagnosticException">SCB7007.</exception>
    public static void Refuse(string tool, string? version, string sha256, string place)
    {
        var number = Number(version);
        if (All.FirstOrDefault(denied => denied.Tool == tool && (denied.Sha256 == sha256 || (number is not null && denied.Version == number))) is not { } found)
            return;
        throw new DiagnosticException(
            DiagnosticCodes.ToolDenied,
            $"{place} is known to be malicious ({found.Why}); it was not run. Delete it, treat every secret of the machines where it ran as stolen, and use another release: {ToolPins.All.First(pin => pin.Tool == tool).Version} is installed by itself when none is found.");
    }

    /// <summary><c>v0.69.4-1</c> and <c>0.69.4+dirty</c> are 0.69.4: packagers add to the number.</summary>
    private static Version? Number(string? version) =>
        Version.TryParse(version?.TrimStart('v').Split('-', '+', '~')[0], out var number) ? new Version(number.Major, number.Minor, Math.Max(number.Build, 0)) : null;
}

internal sealed record DeniedTool(string Tool, string Why)
{
    public DeniedTool(string tool, Version version, string why)
        : this(tool, why) => Version = version;

    public DeniedTool(string tool, string sha256, string why)
        : this(tool, why) => Sha256 = sha256;

    public Version? Version { get; }

    public string? Sha256 { get; }
}
