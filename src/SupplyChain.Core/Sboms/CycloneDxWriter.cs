using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Sboms;

/// <summary>Which CycloneDX specification a document follows.</summary>
public enum CycloneDxVersion
{
    V1_6,
    V1_7,
}

/// <summary>Writes CycloneDX JSON (ECMA-424). The same document gives the same bytes, in UTF-8 without a byte order mark.</summary>
public static class CycloneDxWriter
{
    /// <param name="indented">For people; compact is what is signed.</param>
    public static void Write(Sbom sbom, IBufferWriter<byte> destination, CycloneDxVersion version = CycloneDxVersion.V1_6, bool indented = false)
    {
        using var writer = new Utf8JsonWriter(destination, Options(indented));
        Document(writer, sbom, version);
    }

    /// <inheritdoc cref="Write(Sbom, IBufferWriter{byte}, CycloneDxVersion, bool)"/>
    public static void Write(Sbom sbom, Stream destination, CycloneDxVersion version = CycloneDxVersion.V1_6, bool indented = false)
    {
        using var writer = new Utf8JsonWriter(destination, Options(indented));
        Document(writer, sbom, version);
    }

    /// <summary>Names and licences hold letters of all languages and '+': as they are, they are readable and valid JSON.</summary>
    private static JsonWriterOptions Options(bool indented) => new() { Indented = indented, NewLine = "\n", Encoder = PlainJsonEncoder.Instance };

    private static void Document(Utf8JsonWriter json, Sbom sbom, CycloneDxVersion version)
    {
        var number = version == CycloneDxVersion.V1_7 ? "1.7" : "1.6";
        json.WriteStartObject();
        json.WriteString("$schema"u8, $"http://cyclonedx.org/schema/bom-{number}.schema.json");
        json.WriteString("bomFormat"u8, "CycloneDX");
        json.WriteString("specVersion"u8, number);
        json.WriteString("serialNumber"u8, $"urn:uuid:{sbom.SerialNumber:D}");
        json.WriteNumber("version"u8, 1);
        Metadata(json, sbom);
        Array(json, "components"u8, sbom.Components, sbom.IsShort ? (Action<Utf8JsonWriter, Component>)WriteShortComponent : WriteComponent);
        Array(json, "dependencies"u8, sbom.Dependencies, WriteDependency);
        Array(json, "compositions"u8, sbom.Compositions, WriteComposition);
        json.WriteEndObject();
        json.Flush();
    }

    private static void Metadata(Utf8JsonWriter json, Sbom sbom)
    {
        json.WriteStartObject("metadata"u8);
        if (sbom.Timestamp is { } timestamp)
            json.WriteString("timestamp"u8, timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("lifecycles"u8);
        json.WriteStartObject();
        json.WriteString("phase"u8, "build");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("tools"u8);
        Array(json, "components"u8, sbom.Tools, WriteComponent);
        json.WriteEndObject();
        if (sbom.Author is { } author)
            Array(json, "authors"u8, [author.Name], WriteAuthor);
        json.WritePropertyName("component"u8);
        WriteComponent(json, sbom.Subject);
        if (sbom.Author is { } supplier)
            WriteParty(json, "supplier"u8, supplier.Name, supplier.Url);
        json.WriteEndObject();
    }

    private static void WriteComponent(Utf8JsonWriter json, Component component) => WriteComponentWith(json, component, WriteLicense);

    private static void WriteShortComponent(Utf8JsonWriter json, Component component) => WriteComponentWith(json, component, WriteShortLicense);

    private static void WriteComponentWith(Utf8JsonWriter json, Component component, Action<Utf8JsonWriter, License> writeLicense)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, Type(component.Type));
        json.WriteString("bom-ref"u8, component.BomRef);
        if (component.Supplier is { } supplier)
            WriteParty(json, "supplier"u8, supplier, component.SupplierUrl);

        Array(json, "authors"u8, component.Authors, WriteAuthor);
        json.WriteString("name"u8, component.Name);
        Text(json, "version"u8, component.Version);
        Text(json, "description"u8, component.Description);
        Array(json, "hashes"u8, component.Hashes, WriteHash);
        Array(json, "licenses"u8, component.Licenses, writeLicense);
        Text(json, "purl"u8, component.Purl);
        if (component.Ancestors.Count > 0)
        {
            json.WriteStartObject("pedigree"u8);
            Array(json, "ancestors"u8, component.Ancestors, WriteComponent);
            json.WriteEndObject();
        }

        Array(json, "externalReferences"u8, component.ExternalReferences, WriteReference);
        if (component.Files.Count > 0)
        {
            json.WriteStartObject("evidence"u8);
            Array(json, "occurrences"u8, component.Files, WriteOccurrence);
            json.WriteEndObject();
        }

        Array(json, "properties"u8, component.Properties, WriteProperty);
        json.WriteEndObject();
    }

    private static void WriteParty(Utf8JsonWriter json, ReadOnlySpan<byte> property, string name, string? url)
    {
        json.WriteStartObject(property);
        json.WriteString("name"u8, name);
        if (url is not null)
            Array(json, "url"u8, [url], static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static void WriteOccurrence(Utf8JsonWriter json, string path)
    {
        json.WriteStartObject();
        json.WriteString("location"u8, path);
        json.WriteEndObject();
    }

    private static void WriteAuthor(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteEndObject();
    }

    private static void WriteHash(Utf8JsonWriter json, Hash hash)
    {
        json.WriteStartObject();
        json.WriteString("alg"u8, hash.Algorithm);
        json.WriteString("content"u8, hash.Content);
        json.WriteEndObject();
    }

    private static void WriteLicense(Utf8JsonWriter json, License license) => WriteLicenseWith(json, license, "declared");

    private static void WriteShortLicense(Utf8JsonWriter json, License license) => WriteLicenseWith(json, license, null);

    private static void WriteLicenseWith(Utf8JsonWriter json, License license, string? acknowledgement)
    {
        json.WriteStartObject();
        if (license.Expression is { } expression)
        {
            json.WriteString("expression"u8, expression);
            Text(json, "acknowledgement"u8, acknowledgement);
        }
        else
        {
            json.WriteStartObject("license"u8);
            Text(json, "id"u8, license.Id);
            Text(json, "name"u8, license.Name);
            Text(json, "acknowledgement"u8, acknowledgement);
            Text(json, "url"u8, license.Url);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, ExternalReference reference)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, reference.Type);
        json.WriteString("url"u8, reference.Url);
        Text(json, "comment"u8, reference.Comment);
        json.WriteEndObject();
    }

    private static void WriteProperty(Utf8JsonWriter json, Property property)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, property.Name);
        json.WriteString("value"u8, property.Value);
        json.WriteEndObject();
    }

    private static void WriteDependency(Utf8JsonWriter json, Dependency dependency)
    {
        json.WriteStartObject();
        json.WriteString("ref"u8, dependency.Ref);
        Array(json, "dependsOn"u8, dependency.DependsOn, static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static void WriteComposition(Utf8JsonWriter json, Composition composition)
    {
        json.WriteStartObject();
        json.WriteString("aggregate"u8, composition.Aggregate);
        Array(json, "assemblies"u8, composition.Assemblies, static (writer, text) => writer.WriteStringValue(text));
        Array(json, "dependencies"u8, composition.Dependencies, static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> Type(ComponentType type) => type switch
    {
        ComponentType.Application => "application"u8,
        ComponentType.Container => "container"u8,
        ComponentType.OperatingSystem => "operating-system"u8,
        _ => "library"u8,
    };

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void Array<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        if (items.Count == 0)
            return;
        json.WriteStartArray(name);
        for (var i = 0; i < items.Count; i++)
            write(json, items[i]);
        json.WriteEndArray();
    }
}
