using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>
/// The bytes of a bundle's envelope. A bundle holds it as an object, a transparency log has the hash of the very bytes that it was given (rekor,
/// pkg/types/dsse), and verifiers of the older layout compare the layer with that hash: so of the ways to write it the one is taken that the log has seen.
/// </summary>
internal static class LoggedEnvelope
{
    /// <exception cref="FormatException">The log entry is about another envelope, or one that is written in a way not known here.</exception>
    public static byte[] Write(JsonObject bundle)
    {
        var envelope = bundle["dsseEnvelope"] as JsonObject ?? throw new FormatException("it has no envelope");
        var (payload, type, signature) = (Text(envelope["payload"]), Text(envelope["payloadType"]), Text(envelope["signatures"]?[0]?["sig"]));
        if (LoggedHash(bundle) is not { } logged)
            return Forms(payload, type, signature).First();
        return Forms(payload, type, signature).FirstOrDefault(form => Digest.Of(form).Hex == logged)
            ?? throw new FormatException("its log entry is about other bytes than this envelope, so the older layout could not be verified; use SupplyChainSignatureFormat=Bundle");
    }

    /// <summary>What cosign 3 sends comes first; others put the type first, name an empty key, or leave blanks, as their libraries do.</summary>
    private static IEnumerable<byte[]> Forms(string payload, string type, string signature)
    {
        string[] signatures = [$"{{\"sig\":{signature}}}", $"{{\"keyid\":\"\",\"sig\":{signature}}}", $"{{\"sig\":{signature},\"keyid\":\"\"}}"];
        foreach (var one in signatures)
        {
            foreach (var blank in new[] { "", " " })
            {
                var signed = one.Replace(",\"", $",{blank}\"", StringComparison.Ordinal);
                yield return Encoding.UTF8.GetBytes($"{{\"payload\":{payload},{blank}\"payloadType\":{type},{blank}\"signatures\":[{signed}]}}");
                yield return Encoding.UTF8.GetBytes($"{{\"payloadType\":{type},{blank}\"payload\":{payload},{blank}\"signatures\":[{signed}]}}");
            }
        }
    }

    /// <summary>Lower-case hexadecimal; null: in no log, or in one that has no hash of the envelope.</summary>
    private static string? LoggedHash(JsonObject bundle)
    {
        try
        {
            return bundle["verificationMaterial"]?["tlogEntries"] is JsonArray { Count: > 0 } entries && (string?)entries[0]?["canonicalizedBody"] is { } body
                && JsonNode.Parse(Convert.FromBase64String(body)) is JsonObject entry && (string?)entry["kind"] == "dsse"
                    ? (string?)entry["spec"]?["envelopeHash"]?["value"]
                    : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new FormatException("its log entry cannot be read", exception);
        }
    }

    /// <summary>A JSON text as it stands in Go's and protobuf's JSON; Base64 and media types need no escapes.</summary>
    private static string Text(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String && node.GetValue<string>() is var text && !text.AsSpan().ContainsAny('"', '\\') ? $"\"{text}\"" : throw new FormatException("its envelope is malformed");
}
