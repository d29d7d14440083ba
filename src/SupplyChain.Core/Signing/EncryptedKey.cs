using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A private key as <c>cosign generate-key-pair</c> writes it: PKCS #8 in a secretbox, whose key scrypt makes of the password; JSON in PEM
/// (go-securesystemslib, encrypted/encrypted.go).
/// </summary>
internal static class EncryptedKey
{
    /// <summary>The only ones that are written and read there: others could ask for any time and memory.</summary>
    private static readonly int[] Prices = [1 << 15, 1 << 16, 1 << 17];

    /// <summary>A hundred times what a P-256 key takes.</summary>
    private const int MostCharacters = 64 * 1024;

    /// <summary>Takes about 0.1 s and 64 MB, as it is meant to.</summary>
    /// <returns>Null: not such a file, another password, or not a P-256 key. Who wants to know which asks cosign.</returns>
    public static ECDsa? Open(string pem, string password)
    {
        try
        {
            return pem.Length <= MostCharacters && PemEncoding.TryFind(pem, out var fields) && pem[fields.Label] is "ENCRYPTED SIGSTORE PRIVATE KEY" or "ENCRYPTED COSIGN PRIVATE KEY"
                && Decrypt(Convert.FromBase64String(pem[fields.Base64Data]), password) is { } key ? Import(key) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or CryptographicException or KeyNotFoundException or OutOfMemoryException or NotSupportedException)
        {
            return null;
        }
    }

    private static byte[]? Decrypt(byte[] json, string password)
    {
        using var document = JsonDocument.Parse(json, Statement.ReadOptions);
        var (kdf, cipher) = (document.RootElement.GetProperty("kdf"), document.RootElement.GetProperty("cipher"));
        var parameters = kdf.GetProperty("params");
        var (n, r, p) = (parameters.GetProperty("N").GetInt32(), parameters.GetProperty("r").GetInt32(), parameters.GetProperty("p").GetInt32());
        if (kdf.GetProperty("name").GetString() != "scrypt" || !Prices.Contains(n) || (r, p) != (8, 1) || cipher.GetProperty("name").GetString() != "nacl/secretbox")
            return null;
        Span<byte> key = stackalloc byte[SecretBox.KeySize];
        var secret = Encoding.UTF8.GetBytes(password);
        try
        {
            Scrypt.DeriveKey(secret, kdf.GetProperty("salt").GetBytesFromBase64(), n, r, p, key);
            return SecretBox.Open(document.RootElement.GetProperty("ciphertext").GetBytesFromBase64(), cipher.GetProperty("nonce").GetBytesFromBase64(), key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static ECDsa? Import(byte[] pkcs8)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            if (KeySignature.IsMadeBy(key))
                return key;
            key.Dispose();
            return null;
        }
        catch
        {
            key.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }
}
