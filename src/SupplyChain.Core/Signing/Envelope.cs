using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>The DSSE envelope of a statement (secure-systems-lab/dsse, protocol.md and envelope.md).</summary>
internal static class Envelope
{
    /// <summary>What is signed for a statement: PAE(type, statement) of protocol.md.</summary>
    public static byte[] ToSign(ReadOnlyMemory<byte> statement)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"DSSEv1 {Statement.PayloadType.Length} {Statement.PayloadType} {statement.Length} "));
        return [.. head, .. statement.Span];
    }

    /// <summary>Of a signature over <see cref="ToSign"/>, the bundle with the envelope, as cosign attest-blob writes it.</summary>
    /// <param name="signed">A bundle with a message signature by a key, without log entry or timestamp: those would be about another form of the same.</param>
    /// <exception cref="FormatException">Not such a bundle.</exception>
    public static byte[] Bundle(ReadOnlyMemory<byte> statement, ReadOnlyMemory<byte> signed)
    {
        try
        {
            using var document = JsonDocument.Parse(signed, Statement.ReadOptions);
            var root = document.RootElement;
            var material = Statement.Property(root, "verificationMaterial", JsonValueKind.Object);
            if (!material.EnumerateObject().All(property => property.Name == "publicKey"))
                throw new FormatException("it says more than which key signed");
            var message = Statement.Property(root, "messageSignature", JsonValueKind.Object);
            if (Statement.Text(Statement.Property(message, "messageDigest", JsonValueKind.Object), "digest") != Convert.ToBase64String(Convert.FromHexString(Digest.Of(ToSign(statement)).Hex)))
                throw new FormatException("it signs something else than it was given");
            return Write(statement, Statement.Text(root, "mediaType"), material, Statement.Text(message, "signature"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException($"it is not valid JSON: {exception.Message}", exception);
        }
    }

    private static byte[] Write(ReadOnlyMemory<byte> statement, string mediaType, JsonElement material, string signature)
    {
        var buffer = new ArrayBufferWriter<byte>(statement.Length * 4 / 3 + 1024);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = PlainJsonEncoder.Instance });
        writer.WriteStartObject();
        writer.WriteString("mediaType"u8, mediaType);
        writer.WritePropertyName("verificationMaterial"u8);
        material.WriteTo(writer);
        writer.WriteStartObject("dsseEnvelope"u8);
        writer.WriteBase64String("payload"u8, statement.Span);
        writer.WriteString("payloadType"u8, Statement.PayloadType);
        writer.WriteStartArray("signatures"u8);
        writer.WriteStartObject();
        writer.WriteString("sig"u8, signature);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
