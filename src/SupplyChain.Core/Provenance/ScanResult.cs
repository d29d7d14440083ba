using System.Buffers;
using System.Text.Json;
using SupplyChain.Core.Files;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Provenance;

/// <summary>
/// Writes the predicate of a scan result (sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md). Its <c>result</c> has the shape of a Trivy report, which is
/// what the policies of others look into, whatever the scanner was; paths of this machine and the packages without findings are not in it (the SBOM has
/// the packages).
/// </summary>
internal static class ScanResult
{
    public static ReadOnlyMemory<byte> Write(ScanReport report, ScanTimes times, CiBuild build, string reference)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = PlainJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("invocation"u8);
            writer.WriteStartArray("parameters"u8);
            writer.WriteEndArray();
            writer.WriteString("uri"u8, build.InvocationId ?? "");
            writer.WriteString("event_id"u8, "");
            writer.WriteString("builder.id"u8, build.BuilderId);
            writer.WriteEndObject();
            WriteScanner(writer, report, reference);
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("scanStartedOn"u8, SlsaProvenance.Time(times.StartedAt));
            writer.WriteString("scanFinishedOn"u8, SlsaProvenance.Time(times.FinishedAt));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>Package URL of a scanner, without its version.</summary>
    public static string Purl(string scanner) => scanner.ToLowerInvariant() switch
    {
        "trivy" => "pkg:github/aquasecurity/trivy",
        "grype" => "pkg:github/anchore/grype",
        var other => $"pkg:generic/{Uri.EscapeDataString(other)}",
    };

    private static void WriteScanner(Utf8JsonWriter writer, ScanReport report, string reference)
    {
        writer.WriteStartObject("scanner"u8);
        writer.WriteString("uri"u8, $"{Purl(report.Scanner)}@{Uri.EscapeDataString(report.ScannerVersion)}");
        writer.WriteString("version"u8, report.ScannerVersion);
        writer.WriteStartObject("db"u8);
        writer.WriteString("uri"u8, "");
        // The moment it was made is what tells two databases apart; the scanner's own number is that of the format.
        writer.WriteString("version"u8, report.DatabaseUpdatedAt is { } updated ? SlsaProvenance.Time(updated) : "");
        if (report.DatabaseUpdatedAt is { } at)
            writer.WriteString("lastUpdate"u8, SlsaProvenance.Time(at));
        writer.WriteEndObject();
        writer.WriteStartObject("result"u8);
        writer.WriteNumber("SchemaVersion"u8, 2);
        writer.WriteString("ArtifactName"u8, reference);
        writer.WriteString("ArtifactType"u8, "container_image");
        WriteSystem(writer, report);
        writer.WriteStartArray("Results"u8);
        foreach (var group in report.Findings.GroupBy(finding => finding.Kind).OrderBy(group => group.Key))
            WriteGroup(writer, group.Key, group);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteSystem(Utf8JsonWriter writer, ScanReport report)
    {
        writer.WriteStartObject("Metadata"u8);
        if (report.Platforms.Select(platform => platform.OperatingSystem).OfType<OperatingSystemRelease>().FirstOrDefault() is { } system)
        {
            writer.WriteStartObject("OS"u8);
            writer.WriteString("Family"u8, system.Family);
            writer.WriteString("Name"u8, system.Name);
            writer.WriteBoolean("EOSL"u8, system.EndOfLife);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter writer, FindingKind kind, IEnumerable<Finding> findings)
    {
        writer.WriteStartObject();
        writer.WriteString("Target"u8, kind.ToString());
        writer.WriteString("Class"u8, kind == FindingKind.OperatingSystem ? "os-pkgs" : "lang-pkgs");
        if (kind == FindingKind.NuGet)
            writer.WriteString("Type"u8, "nuget");
        writer.WriteStartArray("Vulnerabilities"u8);
        foreach (var finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("VulnerabilityID"u8, finding.Id);
            writer.WriteString("PkgName"u8, finding.Package);
            if (finding.Purl is { } purl)
            {
                writer.WriteStartObject("PkgIdentifier"u8);
                writer.WriteString("PURL"u8, purl);
                writer.WriteEndObject();
            }
            writer.WriteString("InstalledVersion"u8, finding.Version);
            if (finding.FixedVersion is { } fixedVersion)
                writer.WriteString("FixedVersion"u8, fixedVersion);
            writer.WriteString("Status"u8, finding.Status);
            writer.WriteString("Severity"u8, finding.Severity.ToString().ToUpperInvariant());
            if (finding.Title is { } title)
                writer.WriteString("Title"u8, title);
            if (finding.Url is { } url)
                writer.WriteString("PrimaryURL"u8, url);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
