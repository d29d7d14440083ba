using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Files;

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
        using var json = new Utf8JsonWriter(destination, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = PlainJsonEncoder.Instance });
        var bases = sbom.Subject.Ancestors;
        var ids = new SpdxIds([sbom.Subject, .. sbom.Components, .. bases]);
        var licenses = new SpdxExpressions();
        json.WriteStartObject();
        json.WriteString("spdxVersion"u8, "SPDX-2.3");
        json.WriteString("dataLicense"u8, "CC0-1.0");
        json.WriteString("SPDXID"u8, "SPDXRef-DOCUMENT");
        json.WriteString("name"u8, sbom.Subject.Name);
        json.WriteString("documentNamespace"u8, $"https://spdx.org/spdxdocs/{SpdxIds.Sanitize(sbom.Subject.Name)}-{sbom.SerialNumber:D}");
        if (sbom.Gaps.Where(gap => gap.IsMissing).Select(gap => gap.Sentence).ToList() is { Count: > 0 } missing)
            json.WriteString("comment"u8, $"This document is known to be incomplete: {string.Join(' ', missing)}");
        CreationInfo(json, sbom);
        json.WriteStartArray("packages"u8);
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
        json.WriteStartObject("creationInfo"u8);
        // SPDX demands a time. Without one the same image must still give the same document.
        json.WriteString("created"u8, (sbom.Timestamp ?? DateTimeOffset.UnixEpoch).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("creators"u8);
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
        json.WriteString("SPDXID"u8, ids.Of(component.BomRef));
        json.WriteString("name"u8, component.Name);
        Text(json, "versionInfo"u8, component.Version);
        var fileName = component.Files.Count == 1 ? component.Files[0] : Property(component, BsiProperties.FileName);
        Text(json, "packageFileName"u8, fileName);
        json.WriteString("supplier"u8, component.Supplier is { } supplier ? $"Organization: {supplier}" : NoAssertion);
        if (component.Authors.Count > 0)
            json.WriteString("originator"u8, $"Organization: {string.Join(", ", component.Authors)}");
        json.WriteString("downloadLocation"u8, Reference(component, "distribution")?.Url ?? NoAssertion);
        json.WriteBoolean("filesAnalyzed"u8, false);
        if (component.Hashes.Count > 0)
        {
            json.WriteStartArray("checksums"u8);
            foreach (var hash in component.Hashes)
            {
                json.WriteStartObject();
                json.WriteString("algorithm"u8, hash.Algorithm.Replace("-", "", StringComparison.Ordinal));
                json.WriteString("checksumValue"u8, hash.Content);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Text(json, "homepage"u8, Reference(component, "website")?.Url ?? component.SupplierUrl);
        Text(json, "sourceInfo"u8, SourceInfo(component));
        // What is left out stands for NOASSERTION (clauses 7.13, 7.15, 7.17).
        Text(json, "licenseConcluded"u8, isShort ? null : NoAssertion);
        Text(json, "licenseDeclared"u8, licenses.Declare(component.Licenses) is var declared && isShort && declared == NoAssertion ? null : declared);
        Text(json, "copyrightText"u8, isShort ? null : NoAssertion);
        Text(json, "description"u8, component.Description);
        Text(json, "comment"u8, component.Files.Count > 1 ? $"Files: {string.Join(", ", component.Files)}" : null);
        if (component.Purl is { } purl)
        {
            json.WriteStartArray("externalRefs"u8);
            json.WriteStartObject();
            json.WriteString("referenceCategory"u8, "PACKAGE-MANAGER");
            json.WriteString("referenceType"u8, "purl");
            json.WriteString("referenceLocator"u8, purl);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        Text(json, "primaryPackagePurpose"u8, component.Type switch
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
        if (Reference(component, "vcs") is { } repository)
            return repository.Comment is { } commit ? $"{repository.Url} {commit}" : repository.Url;
        var name = Property(component, TrivyProperties.SourceName);
        if (name is null)
            return null;
        var (epoch, version, release) = (Property(component, TrivyProperties.SourceEpoch), Property(component, TrivyProperties.SourceVersion), Property(component, TrivyProperties.SourceRelease));
        return $"built package from: {name} {(epoch is null ? "" : epoch + ":")}{version}{(release is null ? "" : "-" + release)}";
    }

    private static ExternalReference? Reference(Component component, string type)
    {
        for (var i = 0; i < component.ExternalReferences.Count; i++)
        {
            if (component.ExternalReferences[i].Type == type)
                return component.ExternalReferences[i];
        }

        return null;
    }

    private static string? Property(Component component, string name)
    {
        for (var i = 0; i < component.Properties.Count; i++)
        {
            if (component.Properties[i].Name == name)
                return component.Properties[i].Value;
        }

        return null;
    }

    private static void Relationships(Utf8JsonWriter json, Sbom sbom, SpdxIds ids)
    {
        var kinds = sbom.Components.Append(sbom.Subject).ToDictionary(component => component.BomRef, StringComparer.Ordinal);
        json.WriteStartArray("relationships"u8);
        Relation("SPDXRef-DOCUMENT", "DESCRIBES"u8, ids.Of(sbom.Subject.BomRef));
        foreach (var ancestor in sbom.Subject.Ancestors)
            Relation(ids.Of(sbom.Subject.BomRef), "DESCENDANT_OF"u8, ids.Of(ancestor.BomRef));
        foreach (var dependency in sbom.Dependencies)
        {
            var contains = kinds[dependency.Ref].Type is ComponentType.Container or ComponentType.OperatingSystem;
            foreach (var target in dependency.DependsOn)
                Relation(ids.Of(dependency.Ref), contains ? "CONTAINS"u8 : "DEPENDS_ON"u8, ids.Of(target));
        }

        json.WriteEndArray();

        void Relation(string from, ReadOnlySpan<byte> type, string to)
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId"u8, from);
            json.WriteString("relationshipType"u8, type);
            json.WriteString("relatedSpdxElement"u8, to);
            json.WriteEndObject();
        }
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
