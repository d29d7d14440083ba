using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>Cosign's key files, and what they are made of.</summary>
public sealed class EncryptedKeySpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    /// <summary>RFC 7914, section 12 (without the one that takes 1 GB).</summary>
    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void Scrypt_makes_the_keys_of_its_specification(string password, string salt, int n, int r, int p, string expected)
    {
        var key = new byte[64];

        Scrypt.DeriveKey(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(salt), n, r, p, key);

        Convert.ToHexStringLower(key).ShouldBe(expected);
    }

    /// <summary>Cryptography in NaCl, section 10: the worked example.</summary>
    [Fact]
    public void A_box_is_opened_as_the_specification_says_and_not_when_one_bit_of_it_is_another()
    {
        var key = Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        var nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        var box = Convert.FromHexString(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738"
            + "b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5");

        Convert.ToHexStringLower(SecretBox.Open(box, nonce, key)!).ShouldBe(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705");
        for (var bit = 0; bit < box.Length * 8; bit++)
            SecretBox.Open(Flipped(box, bit), nonce, key).ShouldBeNull();
        for (var bit = 0; bit < nonce.Length * 8; bit++)
            SecretBox.Open(box, Flipped(nonce, bit), key).ShouldBeNull();
        for (var bit = 0; bit < key.Length * 8; bit++)
            SecretBox.Open(box, nonce, Flipped(key, bit)).ShouldBeNull();
        for (var length = 0; length < box.Length; length++)
            SecretBox.Open(box.AsSpan(0, length), nonce, key).ShouldBeNull();
    }

    [Fact]
    public void An_empty_box_has_a_tag_all_the_same()
    {
        SecretBox.Open(new byte[16], new byte[SecretBox.NonceSize], new byte[SecretBox.KeySize]).ShouldBeNull();
        SecretBox.Open([], new byte[SecretBox.NonceSize], new byte[SecretBox.KeySize]).ShouldBeNull();
        SecretBox.Open(new byte[32], [], []).ShouldBeNull();
    }

    [Fact]
    public async Task A_file_that_is_not_what_cosign_writes_opens_nothing_and_throws_nothing()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        var pem = await File.ReadAllTextAsync(_fixture.File("cosign.key"), SigningFixture.Token);
        using (var key = EncryptedKey.Open(pem, "correct horse"))
            key.ShouldNotBeNull();

        string Changed(Action<JsonObject> change)
        {
            PemEncoding.TryFind(pem, out var fields).ShouldBeTrue();
            var json = JsonNode.Parse(Convert.FromBase64String(pem[fields.Base64Data]))!.AsObject();
            change(json);
            return PemEncoding.WriteString(pem[fields.Label], Encoding.UTF8.GetBytes(json.ToJsonString()));
        }

        string[] wrong =
        [
            "", "no PEM", pem[..(pem.Length / 2)], pem.Replace("SIGSTORE", "OTHER"), pem.Replace("ENCRYPTED SIGSTORE PRIVATE KEY", "PUBLIC KEY"),
            PemEncoding.WriteString("ENCRYPTED SIGSTORE PRIVATE KEY", "no JSON"u8), PemEncoding.WriteString("ENCRYPTED SIGSTORE PRIVATE KEY", "[1]"u8), PemEncoding.WriteString("ENCRYPTED SIGSTORE PRIVATE KEY", "{}"u8),
            Changed(json => json["kdf"]!["name"] = "argon2"), Changed(json => json["kdf"]!["name"] = 1), Changed(json => json["kdf"]!["params"]!["N"] = 1 << 30), Changed(json => json["kdf"]!["params"]!["N"] = 0),
            Changed(json => json["kdf"]!["params"]!["N"] = 65537), Changed(json => json["kdf"]!["params"]!["N"] = 1.5), Changed(json => json["kdf"]!["params"]!["N"] = 1L << 40), Changed(json => json["kdf"]!["params"]!["N"] = 1 << 15),
            Changed(json => json["kdf"]!["params"]!["r"] = 1 << 20), Changed(json => json["kdf"]!["params"]!["p"] = -1), Changed(json => json["kdf"]!["salt"] = "AAAA"), Changed(json => json["kdf"]!["salt"] = "*"),
            Changed(json => json["kdf"] = null), Changed(json => json["cipher"]!["name"] = "none"), Changed(json => json["cipher"]!["nonce"] = "AAAA"), Changed(json => json["ciphertext"] = ""), Changed(json => json["ciphertext"] = null),
            Changed(json => json["ciphertext"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ];
        foreach (var text in wrong)
            EncryptedKey.Open(text, "correct horse").ShouldBeNull(text);
        foreach (var password in new[] { "", "correct hors", "correct horse ", "Correct horse" })
            EncryptedKey.Open(pem, password).ShouldBeNull();
    }

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        var copy = bytes.ToArray();
        copy[bit / 8] ^= (byte)(1 << (bit % 8));
        return copy;
    }

    public void Dispose() => _fixture.Dispose();
}
