using System.Security.Cryptography;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>What this process says of a bundle must never be more than cosign would say.</summary>
public sealed class PublicKeySpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _statement = SigningFixture.SbomOf().Content.ToArray();

    [Fact]
    public void Its_own_bundle_is_accepted_and_every_other_byte_is_not()
    {
        using var key = Of(_key).ShouldNotBeNull();
        var bundle = Sign(_key);

        key.HasSigned(new StoredBundle("", bundle)).ShouldBeTrue();
        for (var at = 0; at < bundle.Length; at++)
        {
            var changed = bundle.ToArray();
            changed[at] ^= 1;
            key.HasSigned(new StoredBundle("", changed)).ShouldBeFalse($"byte {at}");
        }
    }

    [Fact]
    public void What_says_the_same_in_other_bytes_is_for_cosign_to_judge()
    {
        using var key = Of(_key).ShouldNotBeNull();
        var text = System.Text.Encoding.UTF8.GetString(Sign(_key));

        foreach (var other in new[] { text + " ", text.Replace("\"dsseEnvelope\":", "\"dsseEnvelope\": "), text.Replace("{\"mediaType\"", "{\"x\":1,\"mediaType\""), text.Replace("\"verificationMaterial\":{", "\"verificationMaterial\":{\"tlogEntries\":[],"), "{}", "" })
            key.HasSigned(new StoredBundle("", System.Text.Encoding.UTF8.GetBytes(other))).ShouldBeFalse(other);
    }

    [Fact]
    public void The_signature_of_another_key_another_statement_or_none_is_refused_whatever_the_hint_says()
    {
        using var key = Of(_key).ShouldNotBeNull();
        using var mallory = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var hint = KeySignature.Hint(_key);

        Has(mallory.SignData(Envelope.ToSign(_statement), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)).ShouldBeFalse();
        Has(_key.SignData(_statement, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)).ShouldBeFalse("the statement itself, not what DSSE signs");
        Has(_key.SignData(Envelope.ToSign(_statement), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)).ShouldBeFalse("another form");
        Has([]).ShouldBeFalse();
        Has([0x30, 0x80]).ShouldBeFalse();
        Has([0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]).ShouldBeFalse("zero");
        Has(new byte[1000]).ShouldBeFalse();

        bool Has(byte[] signature) => key.HasSigned(new StoredBundle("", Envelope.Bundle(_statement, new KeySignature(signature, hint))));
    }

    [Fact]
    public void Only_a_P_256_key_in_a_file_that_has_to_do_nothing_but_sign_is_one()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        Of(p384).ShouldBeNull();
        PublicKey.Of(Signer(rsa.ExportSubjectPublicKeyInfoPem())).ShouldBeNull();
        PublicKey.Of(Signer("no key")).ShouldBeNull();
        PublicKey.Of(Signer("")).ShouldBeNull();
        PublicKey.Of(new ExpectedSigner("nobody") { Key = _fixture.File("no-such.pub") }).ShouldBeNull();
        PublicKey.Of(new ExpectedSigner("an identity") { CertificateIdentity = "a" }).ShouldBeNull();
        var signer = Signer(_key.ExportSubjectPublicKeyInfoPem());
        PublicKey.Of(signer with { RequireTransparencyLog = true }).ShouldBeNull();
        PublicKey.Of(signer with { RequireTimestamp = true }).ShouldBeNull();
        PublicKey.Of(signer with { KeyFromService = true }).ShouldBeNull();
    }

    private PublicKey? Of(ECDsa key) => PublicKey.Of(Signer(key.ExportSubjectPublicKeyInfoPem()));

    private ExpectedSigner Signer(string pem)
    {
        var file = _fixture.File(Path.GetRandomFileName());
        File.WriteAllText(file, pem);
        return new ExpectedSigner("a key") { Key = file };
    }

    private byte[] Sign(ECDsa key) => Envelope.Bundle(
        _statement, new KeySignature(key.SignData(Envelope.ToSign(_statement), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), KeySignature.Hint(key)));

    public void Dispose()
    {
        _key.Dispose();
        _fixture.Dispose();
    }
}
