using System.Security.Cryptography;
using System.Text;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A P-256 public key in this process, for the one question it is made for: is a bundle what <see cref="Envelope"/> makes of its statement, byte for byte, with a signature by this
/// key? A bundle that is written in any other way may be as good; that is for cosign to say.
/// </summary>
internal sealed class PublicKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly string _hint;

    private PublicKey(ECDsa key, byte[] content) => (_key, _hint, Content) = (key, KeySignature.Hint(key), content);

    /// <summary>The file, as it was when it was read.</summary>
    public byte[] Content { get; }

    /// <summary>Null: the signer is no such key in a file, or more than a signature is asked of it.</summary>
    public static PublicKey? Of(ExpectedSigner signer)
    {
        if (signer is not { Key: { } file, KeyFromService: false, RequireTransparencyLog: false, RequireTimestamp: false })
            return null;
        var key = ECDsa.Create();
        try
        {
            var content = File.ReadAllBytes(file);
            key.ImportFromPem(Encoding.UTF8.GetString(content));
            if (KeySignature.IsMadeBy(key))
                return new PublicKey(key, content);
        }
        // NotSupportedException: a curve that this system does not know.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or NotSupportedException)
        {
        }

        key.Dispose();
        return null;
    }

    public bool HasSigned(StoredBundle stored)
    {
        try
        {
            return stored.Bundle is { } bundle
                && Envelope.Bundle(bundle.Payload, new KeySignature(bundle.Signature, _hint)).AsSpan().SequenceEqual(stored.Content.Span)
                && _key.VerifyData(Envelope.ToSign(bundle.Payload), bundle.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();
}
