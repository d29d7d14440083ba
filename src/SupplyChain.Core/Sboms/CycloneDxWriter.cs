using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

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
    private static JsonWriterOptions Options(bool indented) => new() { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void Document(Utf8JsonWriter json, Sbom sbom, CycloneDxVersion version)
    {
        var number = version == CycloneDxVersion.V1_7 ? "1.7" : "1.6";
        json.WriteStartObject();
        json.WriteString("$schema", $"http://cyclonedx.org/schema/bom-{number}.schema.json");
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", number);
        json.WriteString("serialNumber", $"urn:uuid:{sbom.SerialNumber:D}");
        json.WriteNumber("version", 1);
        Metadata(json, sbom);
        Array(json, "components", sbom.Components, sbom.IsShort ? (Action<Utf8JsonWriter, Component>)WriteShortComponent : WriteComponent);
        Array(json, "dependencies", sbom.Dependencies, WriteDependency);
        Array(json, "compositions", sbom.Compositions, WriteComposition);
        json.WriteEndObject();
        json.Flush();
    }

    private static void Metadata(Utf8JsonWriter json, Sbom sbom)
    {
        json.WriteStartObject("metadata");
        if (sbom.Timestamp is { } timestamp)
            json.WriteString("timestamp", timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("lifecycles");
        json.WriteStartObject();
        json.WriteString("phase", "build");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("tools");
        Array(json, "components", sbom.Tools, WriteComponent);
        json.WriteEndObject();
        if (sbom.Author is { } author)
            Array(json, "authors", [author.Name], WriteAuthor);
        json.WritePropertyName("component");
        WriteComponent(json, sbom.Subject);
        if (sbom.Author is { } supplier)
            WriteParty(json, "supplier", supplier.Name, supplier.Url);
        json.WriteEndObject();
    }

    private static void WriteComponent(Utf8JsonWriter json, Component component) => WriteComponentWith(json, component, WriteLicense);

    private static void WriteShortComponent(Utf8JsonWriter json, Component component) => WriteComponentWith(json, component, WriteShortLicense);

    private static void WriteComponentWith(Utf8JsonWriter json, Component component, Action<Utf8JsonWriter, License> writeLicense)
    {
        json.WriteStartObject();
        json.WriteString("type", Type(component.Type));
        json.WriteString("bom-ref", component.BomRef);
        if (component.Supplier is { } supplier)
            WriteParty(json, "supplier", supplier, component.SupplierUrl);

        Array(json, "authors", component.Authors, WriteAuthor);
        json.WriteString("name", component.Name);
        Text(json, "version", component.Version);
        Text(json, "description", component.Description);
        Array(json, "hashes", component.Hashes, WriteHash);
        Array(json, "licenses", component.Licenses, writeLicense);
        Text(json, "purl", component.Purl);
        if (component.Ancestors.Count > 0)
        {
            json.WriteStartObject("pedigree");
            Array(json, "ancestors", component.Ancestors, WriteComponent);
            json.WriteEndObject();
        }

        Array(json, "externalReferences", component.ExternalReferences, WriteReference);
        if (component.Files.Count > 0)
        {
            json.WriteStartObject("evidence");
            Array(json, "occurrences", component.Files, WriteOccurrence);
            json.WriteEndObject();
        }

        Array(json, "properties", component.Properties, WriteProperty);
        json.WriteEndObject();
    }

    private static void WriteParty(Utf8JsonWriter json, string property, string name, string? url)
    {
        json.WriteStartObject(property);
        json.WriteString("name", name);
        if (url is not null)
            Array(json, "url", [url], static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static void WriteOccurrence(Utf8JsonWriter json, string path)
    {
        json.WriteStartObject();
        json.WriteString("location", path);
        json.WriteEndObject();
    }

    private static void WriteAuthor(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    private static void WriteHash(Utf8JsonWriter json, Hash hash)
    {
        json.WriteStartObject();
        json.WriteString("alg", hash.Algorithm);
        json.WriteString("content", hash.Content);
        json.WriteEndObject();
    }

    private static void WriteLicense(Utf8JsonWriter json, License license) => WriteLicenseWith(json, license, "declared");

    private static void WriteShortLicense(Utf8JsonWriter json, License license) => WriteLicenseWith(json, license, null);

    private static void WriteLicenseWith(Utf8JsonWriter json, License license, string? acknowledgement)
    {
        json.WriteStartObject();
        if (license.Expression is { } expression)
        {
            json.WriteString("expression", expression);
            Text(json, "acknowledgement", acknowledgement);
        }
        else
        {
            json.WriteStartObject("license");
            Text(json, "id", license.Id);
            Text(json, "name", license.Name);
            Text(json, "acknowledgement", acknowledgement);
            Text(json, "url", license.Url);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, ExternalReference reference)
    {
        json.WriteStartObject();
        json.WriteString("type", reference.Type);
        json.WriteString("url", reference.Url);
        Text(json, "comment", reference.Comment);
        json.WriteEndObject();
    }

    private static void WriteProperty(Utf8JsonWriter json, Property property)
    {
        json.WriteStartObject();
        json.WriteString("name", property.Name);
        json.WriteString("value", property.Value);
        json.WriteEndObject();
    }

    private static void WriteDependency(Utf8JsonWriter json, Dependency dependency)
    {
        json.WriteStartObject();
        json.WriteString("ref", dependency.Ref);
        Array(json, "dependsOn", dependency.DependsOn, static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static void WriteComposition(Utf8JsonWriter json, Composition composition)
    {
        json.WriteStartObject();
        json.WriteString("aggregate", composition.Aggregate);
        Array(json, "assemblies", composition.Assemblies, static (writer, text) => writer.WriteStringValue(text));
        Array(json, "dependencies", composition.Dependencies, static (writer, text) => writer.WriteStringValue(text));
        json.WriteEndObject();
    }

    private static string Type(ComponentType type) => type switch
    {
        ComponentType.Application => "application",
        ComponentType.Container => "container",
        ComponentType.OperatingSystem => "operating-system",
        _ => "library",
    };

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void Array<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        if (items.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var item in items)
            write(json, item);
        json.WriteEndArray();
    }
}
