using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Writes SPDX 2.3 JSON (ISO/IEC 5962 and its successor, clauses 6 to 11): the same content as the CycloneDX document. The same document gives the
/// same bytes, in UTF-8 without a byte order mark.
/// </summary>
public static class SpdxWriter
{
    private const string NoAssertion = "NOASSERTION";

    /// <param name="indented">For people; compact is what is signed.</param>
    public static void Write(Sbom sbom, IBufferWriter<byte> destination, bool indented = false)
    {
        using var json = new Utf8JsonWriter(destination, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var bases = sbom.Subject.Ancestors;
        var ids = new SpdxIds([sbom.Subject, .. sbom.Components, .. bases]);
        var licenses = new SpdxExpressions();
        json.WriteStartObject();
        json.WriteString("spdxVersion", "SPDX-2.3");
        json.WriteString("dataLicense", "CC0-1.0");
        json.WriteString("SPDXID", "SPDXRef-DOCUMENT");
        json.WriteString("name", sbom.Subject.Name);
        json.WriteString("documentNamespace", $"https://spdx.org/spdxdocs/{SpdxIds.Sanitize(sbom.Subject.Name)}-{sbom.SerialNumber:D}");
        if (sbom.Gaps.Where(gap => gap.IsMissing).Select(gap => gap.Sentence).ToList() is { Count: > 0 } missing)
            json.WriteString("comment", $"This document is known to be incomplete: {string.Join(' ', missing)}");
        CreationInfo(json, sbom);
        json.WriteStartArray("packages");
        WritePackage(json, sbom.Subject, ids, licenses, sbom.IsShort);
        foreach (var component in sbom.Components.Concat(bases))
            WritePackage(json, component, ids, licenses, sbom.IsShort);
        json.WriteEndArray();
        Relationships(json, sbom, ids);
        licenses.WriteExtracted(json);
        json.WriteEndObject();
        json.Flush();
    }

    private static void CreationInfo(Utf8JsonWriter json, Sbom sbom)
    {
        json.WriteStartObject("creationInfo");
        // SPDX demands a time. Without one the same image must still give the same document.
        json.WriteString("created", (sbom.Timestamp ?? DateTimeOffset.UnixEpoch).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("creators");
        if (sbom.Author is { } author)
            json.WriteStringValue($"Organization: {author.Name}");
        foreach (var tool in sbom.Tools)
            json.WriteStringValue($"Tool: {tool.Name.Replace(' ', '-')}-{tool.Version}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePackage(Utf8JsonWriter json, Component component, SpdxIds ids, SpdxExpressions licenses, bool isShort)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", ids.Of(component.BomRef));
        json.WriteString("name", component.Name);
        Text(json, "versionInfo", component.Version);
        var fileName = component.Files.Count == 1 ? component.Files[0] : component.Properties.FirstOrDefault(property => property.Name == "bsi:component:filename")?.Value;
        Text(json, "packageFileName", fileName);
        json.WriteString("supplier", component.Supplier is { } supplier ? $"Organization: {supplier}" : NoAssertion);
        if (component.Authors.Count > 0)
            json.WriteString("originator", $"Organization: {string.Join(", ", component.Authors)}");
        json.WriteString("downloadLocation", component.ExternalReferences.FirstOrDefault(reference => reference.Type == "distribution")?.Url ?? NoAssertion);
        json.WriteBoolean("filesAnalyzed", false);
        if (component.Hashes.Count > 0)
        {
            json.WriteStartArray("checksums");
            foreach (var hash in component.Hashes)
            {
                json.WriteStartObject();
                json.WriteString("algorithm", hash.Algorithm.Replace("-", "", StringComparison.Ordinal));
                json.WriteString("checksumValue", hash.Content);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Text(json, "homepage", component.ExternalReferences.FirstOrDefault(reference => reference.Type == "website")?.Url ?? component.SupplierUrl);
        Text(json, "sourceInfo", SourceInfo(component));
        // What is left out stands for NOASSERTION (clauses 7.13, 7.15, 7.17).
        Text(json, "licenseConcluded", isShort ? null : NoAssertion);
        Text(json, "licenseDeclared", licenses.Declare(component.Licenses) is var declared && isShort && declared == NoAssertion ? null : declared);
        Text(json, "copyrightText", isShort ? null : NoAssertion);
        Text(json, "description", component.Description);
        Text(json, "comment", component.Files.Count > 1 ? $"Files: {string.Join(", ", component.Files)}" : null);
        if (component.Purl is { } purl)
        {
            json.WriteStartArray("externalRefs");
            json.WriteStartObject();
            json.WriteString("referenceCategory", "PACKAGE-MANAGER");
            json.WriteString("referenceType", "purl");
            json.WriteString("referenceLocator", purl);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        Text(json, "primaryPackagePurpose", component.Type switch
        {
            ComponentType.Application => "APPLICATION",
            ComponentType.Container => "CONTAINER",
            ComponentType.OperatingSystem => "OPERATING_SYSTEM",
            _ => isShort ? null : "LIBRARY",
        });
        json.WriteEndObject();
    }

    /// <summary>The commit of a package, or the source package of an operating system's, in the words that scanners know.</summary>
    private static string? SourceInfo(Component component)
    {
        if (component.ExternalReferences.FirstOrDefault(reference => reference.Type == "vcs") is { } repository)
            return repository.Comment is { } commit ? $"{repository.Url} {commit}" : repository.Url;
        var name = Value(TrivyProperties.SourceName);
        if (name is null)
            return null;
        var (epoch, version, release) = (Value(TrivyProperties.SourceEpoch), Value(TrivyProperties.SourceVersion), Value(TrivyProperties.SourceRelease));
        return $"built package from: {name} {(epoch is null ? "" : epoch + ":")}{version}{(release is null ? "" : "-" + release)}";

        string? Value(string property) => component.Properties.FirstOrDefault(found => found.Name == property)?.Value;
    }

    private static void Relationships(Utf8JsonWriter json, Sbom sbom, SpdxIds ids)
    {
        var kinds = sbom.Components.Append(sbom.Subject).ToDictionary(component => component.BomRef, component => component.Type, StringComparer.Ordinal);
        json.WriteStartArray("relationships");
        Relation("SPDXRef-DOCUMENT", "DESCRIBES", ids.Of(sbom.Subject.BomRef));
        foreach (var ancestor in sbom.Subject.Ancestors)
            Relation(ids.Of(sbom.Subject.BomRef), "DESCENDANT_OF", ids.Of(ancestor.BomRef));
        foreach (var dependency in sbom.Dependencies)
        {
            var contains = kinds[dependency.Ref] is ComponentType.Container or ComponentType.OperatingSystem;
            foreach (var target in dependency.DependsOn)
                Relation(ids.Of(dependency.Ref), contains ? "CONTAINS" : "DEPENDS_ON", ids.Of(target));
        }

        json.WriteEndArray();

        void Relation(string from, string type, string to)
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId", from);
            json.WriteString("relationshipType", type);
            json.WriteString("relatedSpdxElement", to);
            json.WriteEndObject();
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
