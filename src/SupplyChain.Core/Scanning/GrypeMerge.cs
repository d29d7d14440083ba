using System.Globalization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Scanning;

/// <summary>Makes the same <see cref="ScanReport"/> of Grype's matches as <see cref="TrivyMerge"/> of Trivy's: packages, secrets and the state of the system stand in the listing.</summary>
internal static class GrypeMerge
{
    /// <param name="listing">What is in the image, without findings.</param>
    /// <param name="runs">The platform is null for a scan of the inventory.</param>
    public static ScanReport Merge(ScanReport listing, IReadOnlyList<(string? Platform, GrypeReport Report)> runs)
    {
        var sightings = runs.SelectMany(run => run.Report.Matches.Select(match => Sighting(match, run.Platform, listing)));
        var newest = runs.Select(run => run.Report).MaxBy(report => GrypeReportReader.DatabaseTime(report) ?? DateTimeOffset.MinValue)!;
        var ended = runs.Where(run => run.Report.AlertsByPackage.Any(package => package?.Alerts.Any(alert => alert?.Type == "distro-eol") is true)).Select(run => run.Platform).ToHashSet();
        return listing with
        {
            Scanner = GrypeScanner.Name,
            ScannerVersion = SingleLine.Of(newest.Descriptor.Version, 50),
            DatabaseUpdatedAt = GrypeReportReader.DatabaseTime(newest),
            DatabaseDigest = GrypeReportReader.DatabaseDigest(newest),
            Findings = TrivyMerge.Join(sightings),
            Platforms =
            [
                .. listing.Platforms.Select(platform => platform.OperatingSystem is { } system && ended.Contains(platform.Platform)
                    ? platform with { OperatingSystem = system with { EndOfLife = true } } : platform),
            ],
        };
    }

    private static Finding Sighting(GrypeMatch match, string? platform, ScanReport listing)
    {
        var (found, artifact) = (match.Vulnerability, match.Artifact);
        // Advisories of GitHub name their CVE beside them; waivers and other scanners know that name.
        var ids = match.RelatedVulnerabilities.Select(related => related.Id).Prepend(found.Id).Select(id => SingleLine.Of(id, 100)).Where(id => id.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var id = ids.Find(one => one.StartsWith("CVE-", StringComparison.OrdinalIgnoreCase)) ?? ids[0];
        var kind = KindOf(artifact);
        var location = artifact.Locations.FirstOrDefault();
        var layer = kind is FindingKind.OperatingSystem && platform is not null
            ? listing.Platforms.Where(one => one.Platform == platform).SelectMany(one => one.Packages).FirstOrDefault(package => package.Name == artifact.Name)?.LayerDigest : location?.LayerId;
        return new Finding(
            id,
            ParseSeverity(found.Severity),
            kind,
            SingleLine.Of(artifact.Name),
            SingleLine.Of(artifact.Version),
            found.Fix?.Versions.Count > 0 ? SingleLine.Of(string.Join(", ", found.Fix.Versions)) : null,
            found.Fix?.State switch { "fixed" => "fixed", "not-fixed" => "affected", "wont-fix" => "will_not_fix", _ => "unknown" },
            Title(found.Description ?? match.RelatedVulnerabilities.Select(related => related.Description).FirstOrDefault(text => !string.IsNullOrEmpty(text))),
            NullIfEmpty(SingleLine.Of(found.DataSource)),
            NullIfEmpty(SingleLine.Of(artifact.Purl)),
            [new FindingPlace(platform, NullIfEmpty(SingleLine.Of(layer)), kind is FindingKind.OperatingSystem || platform is null ? null : NullIfEmpty(SingleLine.Of(location?.Path).TrimStart('/')))])
        {
            Aliases = [.. ids.Where(one => one != id).Order(StringComparer.Ordinal)],
            KnownExploited = found.KnownExploited.Count > 0,
            FixedOn = found.Fix?.Available.Select(day => DateOnly.TryParse(day?.Date, CultureInfo.InvariantCulture, out var date) ? date : (DateOnly?)null).Min(),
            Score = found.Cvss.Concat(match.RelatedVulnerabilities.SelectMany(related => related.Cvss)).Select(score => score?.Metrics?.BaseScore).Where(score => score is > 0 and <= 10).Max(),
        };
    }

    private static FindingKind KindOf(GrypeArtifact artifact) =>
        artifact.Type is "deb" or "rpm" or "apk" or "portage" or "alpm" ? FindingKind.OperatingSystem
        : artifact.Type is "dotnet" || artifact.Purl?.StartsWith("pkg:nuget/", StringComparison.Ordinal) is true ? FindingKind.NuGet
        : FindingKind.Other;

    /// <summary>Debian's "Negligible" is below low, and rated all the same.</summary>
    private static Severity ParseSeverity(string? text) => string.Equals(text, "Negligible", StringComparison.OrdinalIgnoreCase) ? Severity.Low : TrivyMerge.ParseSeverity(text);

    /// <summary>Grype has descriptions and no titles: the first sentence.</summary>
    private static string? Title(string? description)
    {
        var line = SingleLine.Of(description, 300);
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return NullIfEmpty(end > 0 ? line[..end] : line);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
