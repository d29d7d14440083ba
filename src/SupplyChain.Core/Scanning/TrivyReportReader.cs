using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Reads a report that Trivy wrote, and believes none of it before it has been checked: that it is a whole report of a known schema, and about
/// the very thing that was to be scanned.
/// </summary>
internal static class TrivyReportReader
{
    /// <summary>A report of a large image with all its packages has about 20 MB.</summary>
    internal const long MaximumBytes = 256L * 1024 * 1024;

    private const int KnownSchema = 2;

    /// <param name="subject">For messages: what was scanned, <c>linux/amd64</c>.</param>
    /// <exception cref="DiagnosticException">SCB3002.</exception>
    public static async Task<TrivyReport> ReadAsync(string file, string subject, CancellationToken cancellationToken)
    {
        TrivyReport? report;
        try
        {
            await using var stream = File.OpenRead(file);
            if (stream.Length > MaximumBytes)
                throw Unusable(subject, file, $"it has {stream.Length / (1024 * 1024)} MB, and {MaximumBytes / (1024 * 1024)} MB is the limit");
            report = await JsonSerializer.DeserializeAsync(stream, TrivyJson.Default.TrivyReport, cancellationToken);
        }
        catch (FileNotFoundException exception)
        {
            throw Unusable(subject, file, "Trivy ended well but wrote no report", exception);
        }
        catch (JsonException exception)
        {
            throw Unusable(subject, file, $"it is not a whole JSON report ({SingleLine.Of(exception.Message, 300)})", exception);
        }

        if (report is null)
            throw Unusable(subject, file, "it is empty");
        if (report.SchemaVersion != KnownSchema)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannerSchemaUnknown,
                $"Trivy's report on {subject} is of an unknown form: its schema version is {report.SchemaVersion}, and only {KnownSchema} is known. Use an older Trivy (SupplyChainTrivyPath), or a newer SupplyChain.Build. The report: {file}");
        }
        if (HasGaps(report))
            throw Unusable(subject, file, "a result, a package or a vulnerability in it has no name, id or version");
        return report;
    }

    /// <exception cref="DiagnosticException">SCB3003: the report is about another image or platform.</exception>
    public static void CheckImage(TrivyReport report, PlatformImage asked)
    {
        if (report.ArtifactType != "container_image")
            throw Other(asked, $"an artifact of the type '{SingleLine.Of(report.ArtifactType, 100)}'");
        var config = report.Metadata?.ImageConfig;
        if (config?.Os != asked.Platform.Os || config.Architecture != asked.Platform.Architecture || VariantDiffers(config.Variant, asked.Platform.Variant))
            throw Other(asked, $"an image for {SingleLine.Of($"{config?.Os ?? "?"}/{config?.Architecture ?? "?"}", 100)}");
        if (report.Metadata!.ImageId != asked.Config.Digest.ToString())
            throw Other(asked, $"an image with the configuration {SingleLine.Of(report.Metadata.ImageId ?? "?", 100)}");
        if (report.Metadata.DiffIds.Count != asked.Layers.Count)
            throw Other(asked, $"an image of {report.Metadata.DiffIds.Count} layers");
    }

    /// <exception cref="DiagnosticException">SCB3003: the report is about something else than this CycloneDX file; SCB3002: it leaves out what the file names.</exception>
    public static void CheckInventory(TrivyReport report, string file)
    {
        if (report.ArtifactType != "cyclonedx" || report.ArtifactName != file)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannedOtherImage,
                $"Trivy was asked to scan the inventory {file} and reported on '{SingleLine.Of(report.ArtifactName, 200)}' ({SingleLine.Of(report.ArtifactType, 100)}). Nothing is pushed on another's scan.");
        }

        // Trivy passes over components that it cannot read; a report without a single package then looks clean.
        if (report.Results.All(result => result.Packages.Count == 0) && NamesPackages(file))
            throw Unusable("the inventory", file, "it lists no package, and the inventory names some");
    }

    /// <exception cref="DiagnosticException">SCB3003: the report is about something else than this bill of materials.</exception>
    public static void CheckSbom(TrivyReport report, string file)
    {
        if (report.ArtifactType is not ("cyclonedx" or "spdx") || report.ArtifactName != file)
            throw new DiagnosticException(DiagnosticCodes.ScannedOtherImage, $"Trivy was asked to scan the bill of materials {file} and reported on '{SingleLine.Of(report.ArtifactName, 200)}' ({SingleLine.Of(report.ArtifactType, 100)}).");
        if (report.Results.All(result => result.Packages.Count == 0))
            throw Unusable("the bill of materials", file, "it lists no package, so nothing was checked");
    }

    // Of the descriptor's and the configuration's variant one may be missing (arm64 means arm64/v8); two must agree.
    private static bool VariantDiffers(string? reported, string? asked) =>
        !string.IsNullOrEmpty(reported) && !string.IsNullOrEmpty(asked) && reported != asked;

    // The deserializer refuses null members; it lets null elements, empty names and missing versions of advisories through.
    private static bool HasGaps(TrivyReport report) => (report.Metadata?.DiffIds ?? []).Any(id => id is null) || HasGaps(report.Results);

    internal static bool HasGaps(IReadOnlyList<TrivyResult> results) =>
        results.Any(result => result is null
            || result.Packages.Any(package => package is null || package.Name.Length == 0 || package.Licenses.Any(licence => licence is null))
            || result.Misconfigurations.Any(found => found is null || found.Id.Length == 0)
            || result.Secrets.Any(secret => secret is null || secret.Rule.Length == 0)
            || result.Vulnerabilities.Any(found => found is null || found.Id.Length == 0 || found.Package.Length == 0 || found.Version.Length == 0
                || found.OtherIds.Any(id => id is null)));

    private static bool NamesPackages(string file)
    {
        using var stream = File.OpenRead(file);
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.TryGetProperty("components", out var components)
            && components.EnumerateArray().Any(one => one.TryGetProperty("purl", out var purl) && purl.GetString()?.StartsWith("pkg:nuget/", StringComparison.Ordinal) is true);
    }

    private static DiagnosticException Unusable(string subject, string file, string why, Exception? cause = null) => new(
        DiagnosticCodes.ScannerReportUnusable,
        $"Trivy's report on {subject} cannot be used: {why}. Run the publish again; if it stays, compare `trivy --version` with the versions in the documentation. The report: {file}",
        cause);

    private static DiagnosticException Other(PlatformImage asked, string reported) => new(
        DiagnosticCodes.ScannedOtherImage,
        $"Trivy was asked to scan {asked.Platform} ({asked.Manifest.Digest.Short}, {asked.Layers.Count} layers, configuration {asked.Config.Digest.Short}) and reported on {reported}. Nothing is pushed on another image's scan.");
}
