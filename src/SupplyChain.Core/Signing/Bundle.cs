using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A Sigstore bundle that holds a signed statement (sigstore protobuf-specs, sigstore_bundle.proto, version 0.3; the certificate chain of 0.1
/// and 0.2 is understood too). Reading it proves nothing: the signature is checked by cosign.
/// </summary>
/// <param name="MediaType">For example <c>application/vnd.dev.sigstore.bundle.v0.3+json</c>.</param>
/// <param name="Payload">The signed bytes: the statement.</param>
/// <param name="KeyHint">Base64 of the SHA-256 of the public key (DER, SubjectPublicKeyInfo), as cosign writes it; null when a certificate signed. Not to be trusted.</param>
/// <param name="Certificate">Who the certificate names; null when a key signed.</param>
/// <param name="LogEntries">How many transparency log entries it carries.</param>
public sealed record Bundle(
    string MediaType,
    Statement Statement,
    ReadOnlyMemory<byte> Payload,
    string? KeyHint,
    CertificateIdentity? Certificate,
    int LogEntries)
{
    /// <summary>The signature over the statement. Not to be trusted.</summary>
    internal byte[] Signature { get; init; } = [];

    /// <summary>The first transparency log entry; null: none. Not to be trusted before cosign has verified it.</summary>
    internal LogEntry? Log { get; init; }

    /// <summary>How many timestamps of servers it carries (RFC 3161). Not to be trusted before cosign has verified them.</summary>
    internal int Timestamps { get; init; }

    /// <summary>When the first of them says that it was signed; null: none, or it cannot be read.</summary>
    internal DateTimeOffset? TimestampedAt { get; init; }

    /// <summary>Only a timestamp proves that the certificate was valid when it signed: no log names the time (as with Rekor 2).</summary>
    internal bool NeedsTimestamp => Certificate is not null && Timestamps > 0 && Log is null;

    /// <summary>As much as cosign itself reads (COSIGN_MAX_ATTACHMENT_SIZE), in bytes.</summary>
    public const int SizeLimit = 128 * 1024 * 1024;

    /// <exception cref="FormatException">Not a bundle with exactly one signature over a statement; the text goes on after "the bundle … cannot be used: ".</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<Bundle> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (new FileInfo(file).Length > SizeLimit)
            throw new FormatException($"it is larger than {SizeLimit / 1024 / 1024} MB");
        return Parse(await File.ReadAllBytesAsync(file, cancellationToken));
    }

    /// <summary>Null: it is no bundle. Whoever may write to a repository may attach anything to an image.</summary>
    internal static Bundle? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return Parse(json);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="ReadAsync"/>
    public static Bundle Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Length > SizeLimit)
            throw new FormatException($"it is larger than {SizeLimit / 1024 / 1024} MB");
        try
        {
            using var document = JsonDocument.Parse(json, Statement.ReadOptions);
            var root = document.RootElement;
            var mediaType = Statement.Text(root, "mediaType");
            if (!mediaType.StartsWith("application/vnd.dev.sigstore.bundle", StringComparison.Ordinal))
                throw new FormatException($"its media type is '{mediaType}', not a Sigstore bundle's");
            var (payload, statement, signature) = ReadEnvelope(Statement.Property(root, "dsseEnvelope", JsonValueKind.Object));
            var material = Statement.Property(root, "verificationMaterial", JsonValueKind.Object);
            var hint = material.TryGetProperty("publicKey", out var key) ? Statement.Text(key, "hint") : null;
            var certificate = ReadCertificate(material);
            if ((hint is null) == (certificate is null))
                throw new FormatException("it must name either a public key or a certificate");
            var entries = material.TryGetProperty("tlogEntries", out var log) && log.ValueKind == JsonValueKind.Array ? log.GetArrayLength() : 0;
            return new Bundle(mediaType, statement, payload, hint, certificate is null ? null : CertificateIdentity.Read(certificate), entries)
            {
                Signature = signature,
                Log = entries > 0 ? LogEntry.Read(log[0]) : null,
                Timestamps = Timestamped(material) is { } stamps ? stamps.GetArrayLength() : 0,
                TimestampedAt = Timestamped(material) is { } first ? TimestampToken.ReadFirst(first) : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair (\ud800), which is valid JSON but no text.
            throw new FormatException($"it is not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a DSSE envelope (secure-systems-lab/dsse, envelope.md) over a statement; also what <c>cosign verify-attestation</c> prints.</summary>
    /// <exception cref="FormatException">Not that, or not exactly one signature.</exception>
    internal static (ReadOnlyMemory<byte> Payload, Statement Statement, byte[] Signature) ReadEnvelope(JsonElement envelope)
    {
        var payloadType = Statement.Text(envelope, "payloadType");
        if (payloadType != Statement.PayloadType)
            throw new FormatException($"it signs '{payloadType}', not an in-toto statement");
        var signatures = Statement.Property(envelope, "signatures", JsonValueKind.Array);
        if (signatures.GetArrayLength() != 1)
            throw new FormatException($"it has {signatures.GetArrayLength()} signatures, not one");
        var signature = Base64(signatures[0], "sig");
        if (signature.Length == 0)
            throw new FormatException("its signature is empty");
        var payload = Base64(envelope, "payload");
        return (payload, Statement.Parse(payload), signature);
    }

    private static JsonElement? Timestamped(JsonElement material) =>
        material.TryGetProperty("timestampVerificationData", out var data) && data.ValueKind == JsonValueKind.Object
        && data.TryGetProperty("rfc3161Timestamps", out var timestamps) && timestamps.ValueKind == JsonValueKind.Array ? timestamps : null;

    internal static byte[]? ReadCertificate(JsonElement material)
    {
        if (material.TryGetProperty("certificate", out var leaf))
            return Base64(leaf, "rawBytes");
        if (!material.TryGetProperty("x509CertificateChain", out var chain))
            return null;
        var certificates = Statement.Property(chain, "certificates", JsonValueKind.Array);
        return certificates.GetArrayLength() > 0 ? Base64(certificates[0], "rawBytes") : throw new FormatException("its certificate chain is empty");
    }

    private static byte[] Base64(JsonElement parent, string name) =>
        Statement.Property(parent, name, JsonValueKind.String).TryGetBytesFromBase64(out var bytes) ? bytes : throw new FormatException($"its '{name}' is not Base64");
}
