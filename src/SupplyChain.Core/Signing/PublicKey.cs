using System.Security.Cryptography;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A P-256 public key in this process, for the one question it is made for: is a bundle what <see cref="Envelope"/> makes of its statement, byte for byte, with a signature by this
/// key? A bundle that is written in any other way may be as good; that is for cosign to say.
/// </summary>
internal sealed class PublicKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly string _hint;

    private PublicKey(ECDsa key) => (_key, _hint) = (key, KeySignature.Hint(key));

    /// <summary>Null: the signer is no such key in a file, or more than a signature is asked of it.</summary>
    public static PublicKey? Of(ExpectedSigner signer)
    {
        if (signer is not { Key: { } file, KeyFromService: false, RequireTransparencyLog: false, RequireTimestamp: false })
            return null;
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            if (KeySignature.IsMadeBy(key))
                return new PublicKey(key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
        }

        key.Dispose();
        return null;
    }

    public bool HasSigned(StoredBundle stored) =>
        stored.Bundle is { } bundle
        && Envelope.Bundle(bundle.Payload, new KeySignature(bundle.Signature, _hint)).AsSpan().SequenceEqual(stored.Content.Span)
        && _key.VerifyData(Envelope.ToSign(bundle.Payload), bundle.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose() => _key.Dispose();
}
