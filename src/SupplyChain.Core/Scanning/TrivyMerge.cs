using System.Globalization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>Makes one report of all runs of a scan. The same reports give the same result, whatever order the scanner lists things in.</summary>
internal static class TrivyMerge
{
    private static readonly StringComparer Names = StringComparer.OrdinalIgnoreCase;

    /// <exception cref="DiagnosticException">SCB3005: a platform's scan recognised nothing, and the inventory's neither.</exception>
    public static ScanReport Merge(
        ImageLayout image, IReadOnlyList<(PlatformImage Image, TrivyReport Report)> platforms, TrivyReport? inventory, DateTimeOffset? databaseUpdatedAt)
    {
        var inventoryIsEmpty = inventory is null || inventory.Results.All(result => result.Packages.Count == 0);
        var scanned = platforms.Select(run => Describe(run.Image, run.Report)).ToList();
        if (inventoryIsEmpty && scanned.Find(platform => platform.OperatingSystem is null && platform.Packages.Count + platform.Libraries.Count == 0) is { } blank)
        {
            throw new DiagnosticException(
                DiagnosticCodes.NothingRecognised,
                $"Trivy recognised neither an operating system nor a single package in {blank.Platform}, and the project's inventory names none: nothing was checked. Let the application keep its *.deps.json (GenerateDependencyFile=true), or use a base image that keeps its package database; to publish unchecked, set SupplyChainScan=false.");
        }

        var sightings = platforms.SelectMany(run => Sightings(run.Report, run.Image.Platform.ToString()))
            .Concat(inventory is null ? [] : Sightings(inventory, platform: null));
        return new ScanReport(image.Root.Digest, TrivyScanner.Name, VersionOf(platforms.Select(run => (TrivyReport?)run.Report).Append(inventory)), databaseUpdatedAt, Join(sightings), scanned)
        {
            Secrets =
            [
                .. platforms.SelectMany(run => Secrets(run.Report, run.Image.Platform.ToString())).Distinct()
                    .OrderBy(secret => secret.Path, StringComparer.Ordinal).ThenBy(secret => secret.Line).ThenBy(secret => secret.Rule, StringComparer.Ordinal)
                    .ThenBy(secret => secret.Platform, StringComparer.Ordinal).ThenBy(secret => secret.LayerDigest, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>Each vulnerability of a package once, with all its places, in a fixed order.</summary>
    internal static IReadOnlyList<Finding> Join(IEnumerable<Finding> sightings) =>
    [
        .. sightings.GroupBy(KeyOf).Select(One)
            .OrderByDescending(finding => finding.Severity)
            .ThenBy(finding => finding.Package, Names)
            .ThenBy(finding => finding.Id, StringComparer.Ordinal)
            .ThenBy(finding => finding.Version, StringComparer.Ordinal)
            .ThenBy(finding => finding.Kind)
            .ThenBy(finding => finding.Purl, StringComparer.Ordinal),
    ];

    internal static IEnumerable<SecretFinding> Secrets(TrivyReport report, string platform) =>
        from result in report.Results
        from secret in result.Secrets
        select new SecretFinding(
            SingleLine.Of(secret.Rule, 100),
            SingleLine.Of(secret.Title, 200),
            ParseSeverity(secret.Severity),
            SingleLine.Of(result.Target),
            Math.Max(0, secret.StartLine),
            platform,
            NullIfEmpty(SingleLine.Of(secret.Layer?.Name)));

    internal static IEnumerable<Misconfiguration> Misconfigurations(TrivyReport report) => report.Results
        .SelectMany(result => result.Misconfigurations.Where(found => found.Status is null or "FAIL").Select(found => new Misconfiguration(
            SingleLine.Of(found.Id, 100), ParseSeverity(found.Severity), SingleLine.Of(found.Title, 300), SingleLine.Of(found.Message, 500), SingleLine.Of(found.Resolution, 500),
            SingleLine.Of(result.Target), Math.Max(0, found.CauseMetadata?.StartLine ?? 0), NullIfEmpty(SingleLine.Of(found.Url)))))
        .Distinct()
        .OrderBy(found => found.Path, StringComparer.Ordinal).ThenBy(found => found.Line).ThenBy(found => found.Id, StringComparer.Ordinal).ThenBy(found => found.Message, StringComparer.Ordinal);

    /// <param name="identity">What stands for the sources.</param>
    public static ScanReport MergeSources(Digest identity, string folder, TrivyReport files, TrivyReport configuration, TrivyReport? inventory, DateTimeOffset? databaseUpdatedAt) => new(
        identity, TrivyScanner.Name, VersionOf([files, configuration]), databaseUpdatedAt,
        Join(Sightings(files, null, withPaths: true).Concat(inventory is null ? [] : Sightings(inventory, platform: null))), [])
    {
        SourceRoot = folder,
        Misconfigurations = [.. Misconfigurations(configuration)],
        Secrets = [.. Secrets(files, "sources").Distinct().OrderBy(secret => secret.Path, StringComparer.Ordinal).ThenBy(secret => secret.Line).ThenBy(secret => secret.Rule, StringComparer.Ordinal)],
    };

    public static ScanReport MergeSbom(Digest image, TrivyReport report, DateTimeOffset? databaseUpdatedAt)
    {
        var system = report.Metadata?.OperatingSystem;
        var release = string.IsNullOrEmpty(system?.Family) ? null : new OperatingSystemRelease(SingleLine.Of(system.Family, 100), SingleLine.Of(system.Name, 100), system.EndOfLife);
        return new ScanReport(
            image, TrivyScanner.Name, VersionOf([report]), databaseUpdatedAt, Join(Sightings(report, "the bill of materials")),
            [new ScannedPlatform("the bill of materials", image, release, TrivyPackages.OfSystem(report))]);
    }

    private static string VersionOf(IEnumerable<TrivyReport?> reports) =>
        reports.Select(report => report?.Trivy?.Version).FirstOrDefault(found => !string.IsNullOrEmpty(found)) is { } version ? SingleLine.Of(version, 50) : "unknown";

    /// <summary>One vulnerability of one package in one place; the place is alone in its list.</summary>
    internal static IEnumerable<Finding> Sightings(TrivyReport report, string? platform, bool withPaths = false) =>
        from result in report.Results
        from found in result.Vulnerabilities
        select new Finding(
            SingleLine.Of(found.Id, 100),
            ParseSeverity(found.Severity),
            KindOf(result, found.Identifier?.Purl),
            SingleLine.Of(found.Package),
            SingleLine.Of(found.Version),
            NullIfEmpty(SingleLine.Of(found.FixedVersion)),
            string.IsNullOrEmpty(found.Status) ? "unknown" : SingleLine.Of(found.Status, 100),
            NullIfEmpty(SingleLine.Of(found.Title, 300)),
            NullIfEmpty(SingleLine.Of(found.Url)),
            NullIfEmpty(SingleLine.Of(found.Identifier?.Purl)),
            [new FindingPlace(platform, NullIfEmpty(SingleLine.Of(found.Layer?.Name)), platform is null && !withPaths ? null : PathOf(result, found))])
        {
            Aliases = [.. found.OtherIds.Select(id => SingleLine.Of(id, 100)).Where(id => id.Length > 0).Order(StringComparer.Ordinal)],
            Published = Day(found.PublishedDate),
            Score = found.Scores?.Values.Select(score => score is null ? 0 : Math.Max(score.V40Score, score.V3Score)).Where(score => score is > 0 and <= 10).Select(score => (double?)score).Max(),
        };

    private static DateOnly? Day(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? DateOnly.FromDateTime(time.UtcDateTime) : null;

    /// <summary>
    /// The package URL tells kinds of packages apart (a Debian and an npm package may share a name); its qualifiers do not belong to the identity: they hold the
    /// architecture. NuGet ids have no case.
    /// </summary>
    private static (string, FindingKind, string, string) KeyOf(Finding finding)
    {
        var ecosystem = finding.Purl?.Split('@')[0] ?? "";
        return (finding.Id, finding.Kind, (finding.Kind is FindingKind.NuGet ? finding.Package : $"{ecosystem} {finding.Package}").ToLowerInvariant(), finding.Version.ToLowerInvariant());
    }

    /// <summary>Where runs differ, the worse severity counts.</summary>
    private static Finding One(IEnumerable<Finding> sightings)
    {
        // By their text and not by their order, so that the scanner's order has no part in it. Platforms stand before the inventory.
        var all = sightings.ToList();
        var first = all.OrderByDescending(one => one.Severity)
            .ThenBy(one => one.Places[0].Platform is null)
            .ThenBy(one => one.Package, StringComparer.Ordinal)
            .ThenBy(one => one.Purl ?? "", StringComparer.Ordinal)
            .ThenBy(one => one.FixedVersion ?? "", StringComparer.Ordinal)
            .First();
        var places = all.SelectMany(one => one.Places).Distinct()
            .OrderBy(place => place.Platform is null)
            .ThenBy(place => place.Platform, StringComparer.Ordinal)
            .ThenBy(place => place.Path, StringComparer.Ordinal)
            .ThenBy(place => place.LayerDigest, StringComparer.Ordinal);
        return first with
        {
            FixedVersion = first.FixedVersion ?? all.Select(one => one.FixedVersion).Order(StringComparer.Ordinal).LastOrDefault(),
            Title = first.Title ?? all.Select(one => one.Title).Order(StringComparer.Ordinal).LastOrDefault(),
            Places = [.. places],
            Aliases = [.. all.SelectMany(one => one.Aliases).Distinct().Order(StringComparer.Ordinal)],
            Published = all.Select(one => one.Published).Min(),
            Score = all.Select(one => one.Score).Max(),
            KnownExploited = all.Exists(one => one.KnownExploited),
            FixedOn = all.Select(one => one.FixedOn).Min(),
        };
    }

    private static ScannedPlatform Describe(PlatformImage image, TrivyReport report)
    {
        var system = report.Metadata?.OperatingSystem;
        var release = string.IsNullOrEmpty(system?.Family)
            ? null
            : new OperatingSystemRelease(SingleLine.Of(system.Family, 100), SingleLine.Of(system.Name, 100), system.EndOfLife);
        return new ScannedPlatform(image.Platform.ToString(), image.Manifest.Digest, release, TrivyPackages.OfSystem(report))
        {
            Libraries = TrivyPackages.OfLanguages(report),
        };
    }

    private static string? PathOf(TrivyResult result, TrivyVulnerability found) =>
        NullIfEmpty(SingleLine.Of(found.Path)) ?? (result.Class == TrivyPackages.SystemClass ? null : NullIfEmpty(SingleLine.Of(result.Target)));

    private static FindingKind KindOf(TrivyResult result, string? purl) =>
        result.Class == TrivyPackages.SystemClass ? FindingKind.OperatingSystem
        : result.Type is "dotnet-core" or "nuget" or "nuget-config" or "packages-props" || purl?.StartsWith("pkg:nuget/", StringComparison.Ordinal) is true ? FindingKind.NuGet
        : FindingKind.Other;

    /// <summary>Not Enum.Parse, which takes numbers. What is not known is Unknown and never Low.</summary>
    internal static Severity ParseSeverity(string? text) => text?.ToUpperInvariant() switch
    {
        "CRITICAL" => Severity.Critical,
        "HIGH" => Severity.High,
        "MEDIUM" => Severity.Medium,
        "LOW" => Severity.Low,
        _ => Severity.Unknown,
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
