using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupplyChain.Core.Images;

/// <summary>
/// A content digest, <c>sha256:</c> and 64 lower-case hexadecimal digits (OCI image specification 1.1, descriptor.md, "Digests").
/// Only SHA-256 is accepted: it is what the SDK writes and what every registry, scanner and verifier understands.
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private readonly string? _hex;

    private Digest(string hex) => _hex = hex;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("This digest was never set.");

    /// <summary>False for <c>default(Digest)</c>.</summary>
    public bool IsSet => _hex is not null;

    public static Digest Of(ReadOnlySpan<byte> content) => FromHash(SHA256.HashData(content));

    /// <summary>Takes the 32 bytes of a SHA-256 hash.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, SHA256.HashSizeInBytes);
        return new Digest(Convert.ToHexStringLower(sha256));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var hex = text[Prefix.Length..];
        if (hex.Any(c => c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f'))))
            return false;
        digest = new Digest(hex);
        return true;
    }

    /// <exception cref="FormatException">The text is not a SHA-256 digest.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"'{text}' is not a digest of the form sha256:<64 hexadecimal digits>.");

    /// <summary>The form for people: <c>sha256:3f1c9a0b2d4e…</c>.</summary>
    public string Short => $"{Prefix}{Hex[..12]}…";

    public override string ToString() => _hex is null ? "" : Prefix + _hex;
}

internal sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("Not a sha256 digest.");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
