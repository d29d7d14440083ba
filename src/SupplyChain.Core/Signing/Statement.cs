using System.Buffers;
using System.Text.Json;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>
/// What was read from an in-toto statement (in-toto attestation framework, Statement v1; v0.1 has the same shape and is what
/// <c>cosign attest --predicate</c> writes).
/// </summary>
/// <param name="Subjects">The SHA-256 digests of all subjects that have one.</param>
public sealed record Statement(string Type, IReadOnlyList<Digest> Subjects, string PredicateType)
{
    public const string TypeV1 = "https://in-toto.io/Statement/v1";
    public const string TypeV01 = "https://in-toto.io/Statement/v0.1";

    /// <summary>DSSE payload type of a statement.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>Deeper than any SBOM, shallower than any stack.</summary>
    internal static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 256, AllowDuplicateProperties = false };

    /// <summary>
    /// Writes a statement v1. White space of the predicate is left out, its numbers and the order of its properties stay: transparency logs and
    /// registries limit the size of what is signed.
    /// </summary>
    /// <exception cref="FormatException">The predicate is not a JSON object.</exception>
    /// <param name="others">Further subjects of the same name: the images of the platforms, where <paramref name="subject"/> is the index over them.</param>
    public static byte[] Write(Digest subject, string? subjectName, string predicateType, ReadOnlyMemory<byte> predicate, IReadOnlyList<Digest>? others = null)
    {
        var buffer = new ArrayBufferWriter<byte>(predicate.Length + 512);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = PlainJsonEncoder.Instance, MaxDepth = 300 });
        writer.WriteStartObject();
        writer.WriteString("_type"u8, TypeV1);
        writer.WriteStartArray("subject"u8);
        foreach (var digest in (others ?? []).Prepend(subject))
        {
            writer.WriteStartObject();
            if (subjectName is not null)
                writer.WriteString("name"u8, subjectName);
            writer.WriteStartObject("digest"u8);
            writer.WriteString("sha256"u8, digest.Hex);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteString("predicateType"u8, predicateType);
        writer.WritePropertyName("predicate"u8);
        WritePredicate(writer, predicateType, predicate);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">Not a statement.</exception>
    public static Statement Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, ReadOptions);
            var root = document.RootElement;
            var type = Text(root, "_type");
            if (type is not (TypeV1 or TypeV01))
                throw new FormatException($"'{type}' is not a type of in-toto statement that is understood here");
            var subjects = new List<Digest>();
            foreach (var subject in Property(root, "subject", JsonValueKind.Array).EnumerateArray())
            {
                if (subject.ValueKind == JsonValueKind.Object
                    && subject.TryGetProperty("digest", out var digests) && digests.ValueKind == JsonValueKind.Object
                    && digests.TryGetProperty("sha256", out var hex) && hex.ValueKind == JsonValueKind.String
                    && Digest.TryParse("sha256:" + hex.GetString(), out var digest))
                    subjects.Add(digest);
            }
            return new Statement(type, subjects, Text(root, "predicateType"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair (\ud800), which is valid JSON but no text.
            throw new FormatException($"it is not valid JSON: {exception.Message}", exception);
        }
    }

    private static void WritePredicate(Utf8JsonWriter writer, string predicateType, ReadOnlyMemory<byte> predicate)
    {
        var text = predicate.Span.StartsWith("\uFEFF"u8) ? predicate[3..] : predicate;
        try
        {
            using var document = JsonDocument.Parse(text, ReadOptions);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new FormatException($"The predicate of type {predicateType} is not a JSON object.");
            document.RootElement.WriteTo(writer);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The predicate of type {predicateType} is not valid JSON: {exception.Message}", exception);
        }
    }

    internal static JsonElement Property(JsonElement parent, string name, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == kind
            ? value
            : throw new FormatException($"it has no '{name}'");

    internal static string Text(JsonElement parent, string name) => Property(parent, name, JsonValueKind.String).GetString()!;
}
