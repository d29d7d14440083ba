using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Where a waiver is written.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WaiverOrigin>))]
public enum WaiverOrigin
{
    /// <summary>An item of the project.</summary>
    Item,

    /// <summary>A <c>.trivyignore</c> or <c>.trivyignore.yaml</c> beside the project.</summary>
    IgnoreFile,

    /// <summary>NuGet's own item NuGetAuditSuppress.</summary>
    NuGetAudit,
}

/// <summary>A risk that somebody has accepted, for a time.</summary>
/// <param name="Id">CVE or GHSA id, or the rule of a secret.</param>
/// <param name="Expires">The last day (UTC) on which it counts; null: it never ends, which is warned of.</param>
public sealed record Waiver(string Id, WaiverOrigin Origin, DateOnly? Expires = null, string? Reason = null, string? Owner = null)
{
    /// <summary>Package URL, with or without a version, or the package's name; null: whatever package has it.</summary>
    public string? Package { get; init; }

    /// <summary>Package URLs of an ignore file, one of which must match; empty: whatever package has it.</summary>
    public IReadOnlyList<string> Purls { get; init; } = [];

    /// <summary>Paths inside the image (<c>*</c>, <c>**</c>), one of which must match every place; empty: wherever it is.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Absolute path of the file that holds it; null: unknown.</summary>
    public string? File { get; init; }

    /// <summary>1-based; 0: unknown.</summary>
    public int Line { get; init; }

    public bool HasExpired(DateTimeOffset now) => Expires is { } day && DateOnly.FromDateTime(now.UtcDateTime) > day;

    /// <summary>Whether it is about this finding. Whether it still counts is another question: <see cref="HasExpired"/>.</summary>
    public bool Covers(Finding finding) =>
        (Same(finding.Id, Id) || finding.Aliases.Any(alias => Same(alias, Id)))
        && (Origin is not WaiverOrigin.NuGetAudit || finding.Kind is FindingKind.NuGet)
        && (Package is null || IsPackage(Package, finding))
        && (Purls.Count == 0 || Purls.Any(purl => PurlPattern.Covers(purl, finding)))
        && (Paths.Count == 0 || (finding.Places.Any(place => place.Path is not null) && finding.Places.All(place => place.Path is null || Paths.Any(pattern => PathPattern.Matches(pattern, place.Path)))));

    /// <summary>Whether it is about a secret of this rule in this file.</summary>
    public bool Covers(SecretFinding secret) =>
        Origin is not WaiverOrigin.NuGetAudit && Same(secret.Rule, Id) && Purls.Count == 0
        && (Package is null || PathPattern.Matches(Package, secret.Path))
        && (Paths.Count == 0 || Paths.Any(pattern => PathPattern.Matches(pattern, secret.Path)));

    /// <summary>Whether it is about this check in this file.</summary>
    public bool Covers(Misconfiguration found) =>
        Origin is not WaiverOrigin.NuGetAudit && Same(found.Id, Id) && Purls.Count == 0
        && (Package is null || PathPattern.Matches(Package, found.Path))
        && (Paths.Count == 0 || Paths.Any(pattern => PathPattern.Matches(pattern, found.Path)));

    /// <summary>For messages: <c>team-payments, expires 2027-01-31</c>.</summary>
    public string Describe()
    {
        var owner = Owner is null ? "" : SingleLine.Of(Owner, 200);
        var end = Expires is { } day ? FormattableString.Invariant($"expires {day:yyyy-MM-dd}") : "no expiry";
        return owner.Length == 0 ? end : $"{owner}, {end}";
    }

    private static bool IsPackage(string package, Finding finding) =>
        package.StartsWith("pkg:", StringComparison.OrdinalIgnoreCase) ? PurlPattern.Covers(package, finding) : Same(package, finding.Package);

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Package URLs in waivers and VEX documents.</summary>
internal static class PurlPattern
{
    /// <summary>Type, namespace and name must be equal; a version and qualifiers count where the pattern has them.</summary>
    public static bool Covers(string pattern, Finding finding)
    {
        if (!PackageUrl.TryParse(pattern, out var wanted) || !PackageUrl.TryParse(PurlOf(finding), out var found))
            return false;
        var names = wanted.Type == "nuget" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return wanted.Type == found.Type && wanted.Namespace == found.Namespace && string.Equals(wanted.Name, found.Name, names)
            && (wanted.Version is null || string.Equals(wanted.Version, finding.Version, StringComparison.OrdinalIgnoreCase) || string.Equals(wanted.Version, found.Version, StringComparison.OrdinalIgnoreCase))
            && wanted.Qualifiers.All(qualifier => found.Qualifiers.TryGetValue(qualifier.Key, out var value) && value == qualifier.Value);
    }

    internal static string? PurlOf(Finding finding) =>
        finding.Purl ?? (finding.Kind is FindingKind.NuGet ? PackageUrl.NuGet(finding.Package, finding.Version).ToString() : null);
}
