using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>What lies in the image of this digest, as a scanner recognised it. It says nothing of vulnerabilities: it may be had without any database.</summary>
/// <param name="Image">The digest of the image that was looked at.</param>
/// <param name="Scanner">Trivy.</param>
/// <param name="ScannerVersion">As the scanner says it; may be odd (<c>dev</c>).</param>
/// <param name="Platforms">Operating system and packages, one entry a platform.</param>
public sealed record ImageListing(Digest Image, string Scanner, string ScannerVersion, IReadOnlyList<ScannedPlatform> Platforms)
{
    /// <summary>What a scan recognised on its way.</summary>
    public static ImageListing Of(ScanReport report) => new(report.Image, report.Scanner, report.ScannerVersion, report.Platforms);

    /// <inheritdoc cref="Of(ScanReport)"/>
    public static implicit operator ImageListing?(ScanReport? report) => report is null ? null : Of(report);
}
