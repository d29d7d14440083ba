using System.Text.Json.Serialization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>What the scanner found in the image of this digest, all platforms and the project's inventory together.</summary>
/// <param name="Image">The digest of the image that was scanned.</param>
/// <param name="Scanner">Trivy, Grype.</param>
/// <param name="ScannerVersion">As the scanner says it; may be odd (<c>dev</c>).</param>
/// <param name="DatabaseUpdatedAt">Age of the vulnerability database, UTC; null when unknown.</param>
/// <param name="Findings">Merged by id, package and version; ordered by severity (highest first), then package, then id.</param>
/// <param name="Platforms">Operating system and its packages, one entry a platform.</param>
public sealed record ScanReport(
    Digest Image,
    string Scanner,
    string ScannerVersion,
    DateTimeOffset? DatabaseUpdatedAt,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<ScannedPlatform> Platforms);

[JsonConverter(typeof(JsonStringEnumConverter<FindingKind>))]
public enum FindingKind
{
    OperatingSystem,
    NuGet,
    Other,
}

/// <param name="Id">CVE or GHSA id.</param>
/// <param name="FixedVersion">As the advisory says it; several are separated by commas; null: no fix known.</param>
/// <param name="Status">affected, fixed, will_not_fix, … as Trivy names them.</param>
public sealed record Finding(
    string Id,
    Severity Severity,
    FindingKind Kind,
    string Package,
    string Version,
    string? FixedVersion,
    string Status,
    string? Title,
    string? Url,
    string? Purl,
    IReadOnlyList<FindingPlace> Places);

/// <summary>Where a finding was seen: in a platform's bytes, or in the project's inventory (<paramref name="Platform"/> is null then).</summary>
public sealed record FindingPlace(string? Platform, string? LayerDigest, string? Path);

public sealed record ScannedPlatform(string Platform, Digest Manifest, OperatingSystemRelease? OperatingSystem, IReadOnlyList<OsPackage> Packages);

/// <param name="Family">debian, ubuntu, alpine, azurelinux, …</param>
public sealed record OperatingSystemRelease(string Family, string Name, bool EndOfLife);

/// <summary>An operating system package as the scanner saw it in these very bytes.</summary>
public sealed record OsPackage(
    string Name,
    string Version,
    string? Purl,
    string? SourceName,
    string? SourceVersion,
    IReadOnlyList<string> Licenses,
    string? LayerDigest);
