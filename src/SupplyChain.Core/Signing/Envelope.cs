using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>Bundles around signatures by a key, as cosign attest-blob and sign-blob write them (sigstore protobuf-specs, sigstore_bundle.proto, version 0.3).</summary>
internal static class Envelope
{
    /// <summary>What is signed for a statement: PAE(type, statement) of DSSE (secure-systems-lab/dsse, protocol.md).</summary>
    public static byte[] ToSign(ReadOnlyMemory<byte> statement)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"DSSEv1 {Statement.PayloadType.Length} {Statement.PayloadType} {statement.Length} "));
        return [.. head, .. statement.Span];
    }

    /// <summary>A statement and the signature over <see cref="ToSign"/> (secure-systems-lab/dsse, envelope.md).</summary>
    public static byte[] Bundle(ReadOnlyMemory<byte> statement, KeySignature signature) => Write(statement.Length * 4 / 3, signature, writer =>
    {
        writer.WriteStartObject("dsseEnvelope"u8);
        writer.WriteBase64String("payload"u8, statement.Span);
        writer.WriteString("payloadType"u8, Statement.PayloadType);
        writer.WriteStartArray("signatures"u8);
        writer.WriteStartObject();
        writer.WriteBase64String("sig"u8, signature.Value);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>The signature over a message that lies elsewhere.</summary>
    public static byte[] BundleOfMessage(ReadOnlyMemory<byte> message, KeySignature signature) => Write(0, signature, writer =>
    {
        writer.WriteStartObject("messageSignature"u8);
        writer.WriteStartObject("messageDigest"u8);
        writer.WriteString("algorithm"u8, "SHA2_256"u8);
        writer.WriteBase64String("digest"u8, SHA256.HashData(message.Span));
        writer.WriteEndObject();
        writer.WriteBase64String("signature"u8, signature.Value);
        writer.WriteEndObject();
    });

    private static byte[] Write(int size, KeySignature signature, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(size + 1024);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = PlainJsonEncoder.Instance });
        writer.WriteStartObject();
        writer.WriteString("mediaType"u8, MediaTypes.SigstoreBundle);
        writer.WriteStartObject("verificationMaterial"u8);
        writer.WriteStartObject("publicKey"u8);
        writer.WriteString("hint"u8, signature.KeyHint);
        writer.WriteEndObject();
        writer.WriteEndObject();
        content(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
