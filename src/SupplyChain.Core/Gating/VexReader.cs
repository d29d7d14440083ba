using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>Reads OpenVEX (specification 0.2.0, and the texts in place of objects of 0.0.x) and CycloneDX VEX (1.4 and later, JSON).</summary>
internal static class VexReader
{
    private const long MaximumLength = 16 * 1024 * 1024;

    /// <exception cref="DiagnosticException">SCB3509: no such file, neither format, or a statement that cannot be understood.</exception>
    public static IReadOnlyList<VexStatement> Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > MaximumLength)
                throw Unusable(file, "it is larger than 16 MB");
            using var document = JsonDocument.Parse(stream);
            var root = document.RootElement;
            if (Text(root, "bomFormat") == "CycloneDX")
                return CycloneDxVex.Read(root, file);
            return Text(root, "@context")?.Contains("openvex", StringComparison.OrdinalIgnoreCase) is true
                ? ReadOpenVex(root, file)
                : throw Unusable(file, "it is neither OpenVEX (@context) nor CycloneDX (bomFormat)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Unusable(file, SingleLine.Of(exception.Message, 300).TrimEnd('.'), exception);
        }
    }

    private static IReadOnlyList<VexStatement> ReadOpenVex(JsonElement root, string file)
    {
        var made = Time(root, "timestamp");
        return [.. Items(root, "statements").Select((statement, index) => ReadStatement(statement, made, file, index + 1))];
    }

    private static VexStatement ReadStatement(JsonElement statement, DateTimeOffset? made, string file, int number)
    {
        var vulnerability = statement.GetProperty("vulnerability");
        List<string> ids = vulnerability.ValueKind == JsonValueKind.String
            ? [vulnerability.GetString()!]
            : [.. new[] { Text(vulnerability, "name"), Text(vulnerability, "@id") }.OfType<string>(), .. Items(vulnerability, "aliases").Select(alias => alias.GetString()!)];
        var status = Text(statement, "status") switch
        {
            "not_affected" => VexStatus.NotAffected,
            "affected" => VexStatus.Affected,
            "fixed" => VexStatus.Fixed,
            "under_investigation" => VexStatus.UnderInvestigation,
            var other => throw Unusable(file, $"the status of statement {number} is '{SingleLine.Of(other, 100)}'; valid: not_affected, affected, fixed, under_investigation"),
        };
        var products = Items(statement, "products").Select(Product).ToList();
        if (ids.Count == 0 || products.Count == 0)
            throw Unusable(file, $"statement {number} names no {(ids.Count == 0 ? "vulnerability" : "product")}");
        var (justification, impact) = (Text(statement, "justification"), Text(statement, "impact_statement"));
        if (status is VexStatus.NotAffected && justification is null && impact is null)
            throw Unusable(file, $"statement {number} says not_affected and not why (justification or impact_statement)");
        return new VexStatement(ids, products, status, Join(justification, impact), Time(statement, "timestamp") ?? made, file);
    }

    private static VexProduct Product(JsonElement product) => product.ValueKind == JsonValueKind.String
        ? new VexProduct(product.GetString()!, [])
        : new VexProduct(Id(product) ?? "", [.. Items(product, "subcomponents").Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : Id(part) ?? "")]);

    private static string? Id(JsonElement component) =>
        (component.TryGetProperty("identifiers", out var identifiers) ? Text(identifiers, "purl") : null) ?? Text(component, "@id");

    internal static string? Join(string? justification, string? details) =>
        string.Join(": ", new[] { justification?.Replace('_', ' '), details }.Where(text => !string.IsNullOrWhiteSpace(text)).Select(text => SingleLine.Of(text, 500))) is { Length: > 0 } text ? text : null;

    internal static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    internal static DateTimeOffset? Time(JsonElement element, string name) =>
        DateTimeOffset.TryParse(Text(element, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    internal static DiagnosticException Unusable(string file, string why, Exception? cause = null) => new(
        new Diagnostic(DiagnosticCodes.VexUnusable, $"the VEX document {Path.GetFileName(file)} (SupplyChainVex) cannot be used: {why}. Give an OpenVEX or CycloneDX file in JSON, or take it out of the project.", file), cause);
}
