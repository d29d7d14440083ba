using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>Reads a report that Grype wrote, and believes none of it before it has been checked.</summary>
internal static class GrypeReportReader
{
    /// <param name="subject">For messages: what was scanned.</param>
    /// <exception cref="DiagnosticException">SCB3002 no whole report; SCB3009 a report of another form.</exception>
    public static async Task<GrypeReport> ReadAsync(string file, string subject, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            if (stream.Length > TrivyReportReader.MaximumBytes)
                throw Unusable(subject, file, $"it has {stream.Length / (1024 * 1024)} MB, and {TrivyReportReader.MaximumBytes / (1024 * 1024)} MB is the limit");
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            if (document.RootElement.ValueKind != JsonValueKind.Object || Missing(document.RootElement) is not null)
                throw UnknownSchema(subject, file, $"it has no member '{(document.RootElement.ValueKind == JsonValueKind.Object ? Missing(document.RootElement) : "matches")}'");
            var report = document.RootElement.Deserialize(GrypeJson.Default.GrypeReport)!;
            if (report.Descriptor.Name != "grype")
                throw UnknownSchema(subject, file, $"it was written by '{SingleLine.Of(report.Descriptor.Name, 100)}'");
            return HasGaps(report) ? throw Unusable(subject, file, "a match in it has no id, package or version") : report;
        }
        catch (FileNotFoundException exception)
        {
            throw Unusable(subject, file, "Grype ended well but wrote no report", exception);
        }
        catch (JsonException exception)
        {
            throw Unusable(subject, file, $"it is not a whole JSON report ({SingleLine.Of(exception.Message, 300)})", exception);
        }
    }

    /// <exception cref="DiagnosticException">SCB3003: about something else. SCB3002: it did not recognise the distribution that the SBOM names.</exception>
    public static void CheckSbom(GrypeReport report, string file, string subject, bool hasDistribution)
    {
        var target = report.Source.Target.ValueKind == JsonValueKind.String ? report.Source.Target.GetString() : null;
        if (target is null || Path.GetFileName(target) != Path.GetFileName(file))
            throw Other(subject, $"'{SingleLine.Of(target ?? report.Source.Type, 200)}'");
        // Without it Grype matches no package of the system, and a report without a finding looks clean.
        if (hasDistribution && string.IsNullOrEmpty(report.Distro?.Name))
            throw Unusable(subject, file, "it names no distribution, and the bill of materials does");
    }

    /// <exception cref="DiagnosticException">SCB3003.</exception>
    public static void CheckImage(GrypeReport report, PlatformImage asked)
    {
        var target = report.Source.Target;
        if (report.Source.Type != "image" || target.ValueKind != JsonValueKind.Object)
            throw Other(asked.Platform.ToString(), $"something of the type '{SingleLine.Of(report.Source.Type, 100)}'");
        // imageID: the digest of the configuration (anchore/stereoscope, pkg/image).
        if (Text(target, "imageID") != asked.Config.Digest.ToString() && Text(target, "manifestDigest") != asked.Manifest.Digest.ToString())
            throw Other($"{asked.Platform} ({asked.Manifest.Digest.Short}, configuration {asked.Config.Digest.Short})", $"an image with the configuration {SingleLine.Of(Text(target, "imageID") ?? "?", 100)}");
    }

    /// <summary>When the database was made, as the report says it: <c>db.status.built</c> (format 6), <c>db.built</c> (before).</summary>
    public static DateTimeOffset? DatabaseTime(GrypeReport report) =>
        Database(report) is { } database && database.TryGetProperty("built", out var built) && built.ValueKind == JsonValueKind.String && built.TryGetDateTimeOffset(out var time) ? time : null;

    /// <summary>The archive it was installed from has its digest in its address: <c>…?checksum=sha256%3A…</c>.</summary>
    public static Digest? DatabaseDigest(GrypeReport report)
    {
        if (Database(report) is not { } database)
            return null;
        var text = Uri.UnescapeDataString(Text(database, "from") ?? Text(database, "checksum") ?? "");
        var at = text.IndexOf("sha256:", StringComparison.Ordinal);
        return at >= 0 && text.Length >= at + 71 && Digest.TryParse(text.Substring(at, 71), out var digest) ? digest : null;
    }

    private static JsonElement? Database(GrypeReport report) =>
        report.Descriptor.Db.ValueKind != JsonValueKind.Object ? null
        : report.Descriptor.Db.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object ? status : report.Descriptor.Db;

    private static string? Missing(JsonElement root) => Array.Find(["matches", "source", "descriptor"], name => !root.TryGetProperty(name, out _));

    private static bool HasGaps(GrypeReport report) => report.Matches.Any(match => match is null || match.Vulnerability.Id.Length == 0 || match.Artifact.Name.Length == 0
        || match.RelatedVulnerabilities.Any(one => one is null) || (match.Vulnerability.Fix?.Versions ?? []).Any(version => version is null));

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DiagnosticException UnknownSchema(string subject, string file, string why) => new(
        DiagnosticCodes.ScannerSchemaUnknown, $"Grype's report on {subject} is of an unknown form: {why}. Use a release of Grype that this package knows (SupplyChainToolPin), or a newer SupplyChain.Build. The report: {file}");

    private static DiagnosticException Unusable(string subject, string file, string why, Exception? cause = null) => new(
        DiagnosticCodes.ScannerReportUnusable, $"Grype's report on {subject} cannot be used: {why}. Run the publish again; if it stays, try another release of Grype. The report: {file}", cause);

    private static DiagnosticException Other(string asked, string reported) => new(
        DiagnosticCodes.ScannedOtherImage, $"Grype was asked to scan {asked} and reported on {reported}. Nothing is pushed on another's scan.");
}
