using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Scanning;

namespace SupplyChain.TestKit.Advisories;

/// <summary>
/// Makes a vulnerability database that the real trivy reads, with the advisories a test chooses and no others. Pass the folder to trivy as
/// <c>--cache-dir</c>, with <c>--skip-db-update</c>.
/// </summary>
/// <remarks>Follows trivy-db's schema 2 (https://github.com/aquasecurity/trivy-db).</remarks>
internal static class AdvisoryDatabase
{
    private const string NuGetBucket = "nuget::GitHub Security Advisory NuGet";
    private const string DebianBucket = "debian 12";

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Writes <c>db/trivy.db</c> and <c>db/metadata.json</c> into a trivy cache folder, over what is there.</summary>
    /// <param name="cacheFolder">Created if it does not exist.</param>
    /// <param name="updatedAt">The age the database is to have; by default it is of this moment.</param>
    public static void Write(string cacheFolder, IEnumerable<Advisory> advisories, DateTimeOffset? updatedAt = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(cacheFolder, "db")).FullName;
        var root = new BoltBucket();
        var sources = root.Bucket("data-source");
        Put(sources, NuGetBucket, new { ID = "ghsa", Name = "GitHub Security Advisory NuGet", URL = "https://github.com/advisories?query=type%3Areviewed+ecosystem%3Anuget" });
        Put(sources, DebianBucket, new { ID = "debian", Name = "Debian Security Tracker", URL = "https://salsa.debian.org/security-tracker-team/security-tracker" });
        foreach (var advisory in advisories)
            Add(root, advisory);
        BoltFile.Write(Path.Combine(folder, "trivy.db"), root);

        // Far in the future, so that trivy does not take it for outdated; how old it may be is for SupplyChain.Build to say.
        var at = updatedAt ?? DateTimeOffset.UtcNow;
        var metadata = new { Version = 2, NextUpdate = new DateTime(2099, 1, 1, 0, 0, 0, DateTimeKind.Utc), UpdatedAt = at.UtcDateTime, DownloadedAt = at.UtcDateTime };
        File.WriteAllBytes(Path.Combine(folder, "metadata.json"), JsonSerializer.SerializeToUtf8Bytes(metadata));
    }

    private static void Add(BoltBucket root, Advisory advisory)
    {
        switch (advisory)
        {
            case NuGetAdvisory nuget:
                var range = new { VendorIDs = new[] { nuget.GitHubId }, Severity = (int)nuget.Severity, nuget.PatchedVersions, nuget.VulnerableVersions };
                // trivy asks for the lower-case name from 0.67 on, and for the name as it is before.
                Put(root.Bucket(NuGetBucket).Bucket(nuget.Package), nuget.Id, range);
                Put(root.Bucket(NuGetBucket).Bucket(nuget.Package.ToLowerInvariant()), nuget.Id, range);
                PutDetails(root, nuget, "ghsa", ["https://github.com/advisories/" + nuget.GitHubId]);
                break;
            case DebianAdvisory debian:
                Put(root.Bucket(DebianBucket).Bucket(debian.Package), debian.Id, new { debian.FixedVersion, Status = (int)debian.Status });
                PutDetails(root, debian, debian.IsRatedByDebian ? "debian" : "nvd", []);
                break;
            case DistributionAdvisory other:
                Put(root.Bucket("data-source"), other.Bucket, new { ID = other.Bucket.Split(' ')[0], Name = other.Bucket, URL = "https://secdb.alpinelinux.org/" });
                Put(root.Bucket(other.Bucket).Bucket(other.Package), other.Id, new { other.FixedVersion });
                PutDetails(root, other, "nvd", []);
                break;
            default:
                throw new ArgumentException($"No bucket for {advisory.GetType().Name}.", nameof(advisory));
        }
    }

    private static void PutDetails(BoltBucket root, Advisory advisory, string ratedBy, string[] references) =>
        Put(root.Bucket("vulnerability"), advisory.Id, new
        {
            advisory.Title,
            Severity = advisory.Severity.ToString().ToUpperInvariant(),
            CweIDs = advisory.Weaknesses,
            VendorSeverity = new Dictionary<string, int> { [ratedBy] = (int)advisory.Severity },
            CVSS = advisory.Cvss is { } cvss ? new Dictionary<string, object> { [ratedBy] = new { V3Vector = cvss.Vector, V3Score = cvss.Score } } : null,
            References = (string[])[.. references, "https://nvd.nist.gov/vuln/detail/" + advisory.Id],
            PublishedDate = advisory.Published?.ToString("yyyy-MM-dd'T00:00:00Z'", CultureInfo.InvariantCulture),
        });

    private static void Put<T>(BoltBucket bucket, string key, T value) => bucket.Put(key, JsonSerializer.SerializeToUtf8Bytes(value, Json));
}
