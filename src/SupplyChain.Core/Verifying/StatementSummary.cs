using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Verifying;

/// <summary>What a verified statement says, in a line for people. Its signer is trusted; that it is well-formed is not relied upon.</summary>
internal static class StatementSummary
{
    /// <returns>A table: what, what it says, who signed it and when.</returns>
    public static IEnumerable<string> Lines(ExaminedImage image)
    {
        yield return image.Reference.ToString();
        foreach (var statement in image.Statements)
        {
            var signed = statement.Log is { } log
                ? string.Create(CultureInfo.InvariantCulture, $"{log.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC, log entry {log.Index}")
                : statement.TimestampedAt is { } at
                ? string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC by a timestamp server, in no transparency log")
                : "in no transparency log";
            var what = statement.PredicateType == PredicateTypes.CosignSignature ? statement.SignedBy : $"{Of(statement)}; by {statement.SignedBy}";
            yield return $"{Name(statement.PredicateType),-12}{SingleLine.Of(what, 1000)}; {signed}";
        }
        foreach (var type in image.Refused)
            yield return $"{Name(type),-12}there is one, and not of the expected signer: it counts for nothing";
    }

    public static string Of(ExaminedStatement statement)
    {
        try
        {
            using var document = JsonDocument.Parse(statement.Content, Statement.ReadOptions);
            var predicate = document.RootElement.GetProperty("predicate");
            return statement.PredicateType switch
            {
                PredicateTypes.CycloneDx => $"CycloneDX {Text(predicate, "specVersion")}, {Count(predicate, "components")} components",
                PredicateTypes.Spdx => $"{Text(predicate, "spdxVersion")}, {Count(predicate, "packages")} packages",
                PredicateTypes.OpenVex => $"OpenVEX, {Count(predicate, "statements")} statements",
                PredicateTypes.Vulnerabilities => AttestedScan.Read(statement.Content).Summary,
                PredicateTypes.Provenance => AttestedProvenance.Read(statement.Content).Summary,
                _ => "",
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return "cannot be read";
        }
    }

    private static string Name(string predicateType) => predicateType switch
    {
        PredicateTypes.CosignSignature => "signed",
        PredicateTypes.CycloneDx or PredicateTypes.Spdx => "SBOM",
        PredicateTypes.Vulnerabilities => "scan",
        PredicateTypes.Provenance => "provenance",
        PredicateTypes.OpenVex => "VEX",
        _ => "attested",
    };

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static int Count(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() : 0;
}
