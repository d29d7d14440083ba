using System.Text.Json;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Gating;

/// <summary>
/// The waivers that let a finding through, as an OpenVEX 0.2.0 document, so that whoever scans the image later sees who accepted what. A waiver does not say
/// that the image is safe: its status is <c>affected</c>, with what was decided as the action. What a VEX document said is repeated as it was.
/// </summary>
internal static class VexWriter
{
    public static byte[] Write(GateVerdict verdict, ImageReference image, DateTimeOffset now, string toolVersion)
    {
        var product = new PackageUrl("oci", null, image.Repository.Split('/')[^1], verdict.Image.ToString()).ToString();
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("@context", "https://openvex.dev/ns/v0.2.0");
            json.WriteString("@id", $"urn:uuid:{SerialNumbers.Of($"vex {verdict.Image} {now:O}")}");
            json.WriteString("author", "SupplyChain.Build");
            json.WriteString("role", "Document Creator");
            json.WriteString("timestamp", now.UtcDateTime);
            json.WriteNumber("version", 1);
            json.WriteString("tooling", $"SupplyChain.Build {toolVersion}");
            json.WriteStartArray("statements");
            foreach (var judged in verdict.Findings.Where(judged => judged.Decision is Decision.Waived or Decision.NotAffected or Decision.RuntimeSupplied))
                Statement(json, judged, product);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Statement(Utf8JsonWriter json, JudgedFinding judged, string product)
    {
        var finding = judged.Finding;
        json.WriteStartObject();
        json.WriteStartObject("vulnerability");
        json.WriteString("name", finding.Id);
        if (finding.Aliases.Count > 0)
        {
            json.WriteStartArray("aliases");
            foreach (var alias in finding.Aliases)
                json.WriteStringValue(alias);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartArray("products");
        json.WriteStartObject();
        json.WriteString("@id", product);
        json.WriteStartArray("subcomponents");
        json.WriteStartObject();
        json.WriteString("@id", PurlPattern.PurlOf(finding) ?? $"{finding.Package}@{finding.Version}");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        switch (judged.Decision)
        {
            case Decision.RuntimeSupplied:
                json.WriteString("status", "not_affected");
                json.WriteString("justification", "vulnerable_code_not_present");
                json.WriteString("impact_statement", judged.Because);
                break;
            case Decision.NotAffected:
                json.WriteString("status", "not_affected");
                json.WriteString("impact_statement", judged.Because ?? "stated by a VEX document of the project");
                break;
            default:
                json.WriteString("status", "affected");
                json.WriteString("action_statement", judged.Because);
                break;
        }

        json.WriteEndObject();
    }
}
