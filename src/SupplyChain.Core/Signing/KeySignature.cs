using System.Security.Cryptography;

namespace SupplyChain.Core.Signing;

/// <summary>A signature by a key.</summary>
/// <param name="Value">ECDSA over SHA-256, in DER: as cosign makes it with a P-256 key.</param>
/// <param name="KeyHint">Base64 of the SHA-256 of the public key, as bundles carry it.</param>
internal sealed record KeySignature(byte[] Value, string KeyHint)
{
    /// <summary>Whether the key is on the curve P-256, as cosign makes them. Others sign in other ways.</summary>
    public static bool IsMadeBy(ECDsa key) =>
        key.KeySize == 256 && key.ExportParameters(includePrivateParameters: false).Curve.Oid is { } curve && (curve.Value == "1.2.840.10045.3.1.7" || curve.FriendlyName == "nistP256");

    /// <inheritdoc cref="KeyHint"/>
    public static string Hint(ECDsa key) => Convert.ToBase64String(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
