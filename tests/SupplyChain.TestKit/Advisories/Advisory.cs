using SupplyChain.Core.Scanning;

namespace SupplyChain.TestKit.Advisories;

/// <summary>A published advisory, as an <see cref="AdvisoryDatabase"/> holds it. Only real ones: a test that invents one teaches its reader something false.</summary>
/// <param name="Id">The CVE number.</param>
/// <param name="Package">The NuGet package, or the Debian source package.</param>
/// <param name="Severity">As its source (the GitHub Advisory Database, Debian, else the NVD) rates it.</param>
internal abstract record Advisory(string Id, string Package, Severity Severity, string Title)
{
    public DateOnly? Published { get; init; }

    /// <summary>The CVSS 3.1 vector and base score.</summary>
    public (string Vector, double Score)? Cvss { get; init; }

    public string[] Weaknesses { get; init; } = [];
}

/// <summary>An advisory of the GitHub Advisory Database for a NuGet package.</summary>
/// <param name="GitHubId">GHSA-…</param>
/// <param name="VulnerableVersions">Ranges, one of which is enough, e.g. "&gt;= 5.0.0, &lt; 5.0.3".</param>
/// <param name="PatchedVersions">The first good version of each range.</param>
internal sealed record NuGetAdvisory(string Id, string GitHubId, string Package, Severity Severity, string Title, string[] VulnerableVersions, string[] PatchedVersions)
    : Advisory(Id, Package, Severity, Title);

/// <summary>What Debian's security team says of a vulnerability in one release; the numbers are those in trivy's database.</summary>
internal enum DebianStatus
{
    Affected = 2,
    Fixed = 3,
    WillNotFix = 5,
}

/// <summary>An entry of Debian's security tracker for Debian 12.</summary>
/// <param name="FixedVersion">The first good version of the source package; null unless <see cref="DebianStatus.Fixed"/>.</param>
internal sealed record DebianAdvisory(string Id, string Package, Severity Severity, string Title, DebianStatus Status, string? FixedVersion = null)
    : Advisory(Id, Package, Severity, Title)
{
    /// <summary>Whether the severity is Debian's own rating rather than the NVD's.</summary>
    public bool IsRatedByDebian { get; init; }
}

/// <summary>An entry of Alpine's secdb for Alpine 3.20, or of Ubuntu's CVE tracker for 24.04.</summary>
/// <param name="Bucket"><c>alpine 3.20</c>, <c>ubuntu 24.04</c>.</param>
/// <param name="FixedVersion">The first good version of the source package.</param>
internal sealed record DistributionAdvisory(string Id, string Bucket, string Package, Severity Severity, string Title, string FixedVersion)
    : Advisory(Id, Package, Severity, Title);
