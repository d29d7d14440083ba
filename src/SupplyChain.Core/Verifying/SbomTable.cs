using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Verifying;

/// <summary>The packages of an attested bill of materials: name, version and licence.</summary>
internal static class SbomTable
{
    /// <summary>Of the two, the one that says more.</summary>
    public static readonly IReadOnlyList<string> Types = [PredicateTypes.CycloneDx, PredicateTypes.Spdx];

    /// <summary>The document itself: the statement's predicate, indented.</summary>
    public static byte[] Document(ReadOnlyMemory<byte> statement)
    {
        using var document = JsonDocument.Parse(statement, Statement.ReadOptions);
        var predicate = document.RootElement.GetProperty("predicate");
        // cosign attest --type spdx has the document as a text in the predicate.
        using var inner = predicate.ValueKind == JsonValueKind.String ? JsonDocument.Parse(predicate.GetString()!, Statement.ReadOptions) : null;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = PlainJsonEncoder.Instance }))
            (inner?.RootElement ?? predicate).WriteTo(writer);
        return stream.ToArray();
    }

    /// <returns>One line a package, in columns, under a line of headings.</returns>
    public static IReadOnlyList<string> Lines(ReadOnlyMemory<byte> sbom)
    {
        using var document = JsonDocument.Parse(sbom, Statement.ReadOptions);
        var root = document.RootElement;
        var rows = (root.TryGetProperty("components", out var components) ? components : root.TryGetProperty("packages", out var packages) ? packages : default) is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Select(Row).OrderBy(row => row[0], StringComparer.OrdinalIgnoreCase).ToList()
            : [];
        rows.Insert(0, ["name", "version", "licence"]);
        int Width(int column) => Math.Min(60, rows.Max(row => row[column].Length));
        var (name, version) = (Width(0), Width(1));
        return [.. rows.Select(row => $"{row[0].PadRight(name)}  {row[1].PadRight(version)}  {row[2]}".TrimEnd())];
    }

    private static string[] Row(JsonElement item) =>
        [.. new[] { Text(item, "name") ?? "", Text(item, "version") ?? Text(item, "versionInfo") ?? "", Licence(item) }.Select(text => SingleLine.Of(text, 200))];

    private static string Licence(JsonElement item)
    {
        if (item.TryGetProperty("licenses", out var licenses) && licenses.ValueKind == JsonValueKind.Array)
            return string.Join(" AND ", licenses.EnumerateArray().Select(choice => Text(choice, "expression")
                ?? (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("license", out var license) ? Text(license, "id") ?? Text(license, "name") : null)).OfType<string>());
        return Text(item, "licenseConcluded") is { } concluded and not "NOASSERTION" ? concluded : Text(item, "licenseDeclared") is { } declared and not "NOASSERTION" ? declared : "";
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
