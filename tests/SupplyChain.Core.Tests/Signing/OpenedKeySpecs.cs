using System.Security.Cryptography;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>A key that is opened in this process, once for all that a publish signs.</summary>
public sealed class OpenedKeySpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    [Theory]
    [InlineData("")]
    [InlineData("correct horse")]
    [InlineData("pässwörd 鍵 with more than sixty-four bytes, which is where HMAC begins to hash it")]
    public async Task What_an_opened_key_signs_is_what_cosign_accepts_and_no_process_signs(string password)
    {
        var pair = await _fixture.MakeKeyAsync("cosign", password);
        using var key = Of(_fixture.Settings("cosign.key"));
        key.Begin();

        var evidence = await SignAsync("cosign.key", key, SigningFixture.Signature(), SigningFixture.SbomOf());

        _fixture.Runner.Invocations.ShouldAllBe(invocation => invocation.Arguments[0] == "generate-key-pair");
        foreach (var item in evidence)
        {
            (await Bundle.ReadAsync(item.BundleFile, SigningFixture.Token)).KeyHint.ShouldBe(pair.Fingerprint);
            var verified = await _fixture.CosignAsync(
                "verify-blob-attestation", "--bundle", item.BundleFile, "--digest", item.Subject.Hex, "--digestAlg", "sha256",
                "--type", item.PredicateType, "--key", pair.PublicKeyFile, "--insecure-ignore-tlog=true");
            verified.ExitCode.ShouldBe(0, verified.StandardError);
        }
    }

    [Fact]
    public async Task A_message_for_the_older_layout_is_signed_as_it_stands()
    {
        var pair = await _fixture.MakeKeyAsync("cosign");
        using var key = Of(_fixture.Settings("cosign.key"));
        ImageReference.TryParse("127.0.0.1:5000/shop/api:1.0", out var image).ShouldBeTrue();
        var message = LegacyForm.Signature(image!, SigningFixture.Image);

        var evidence = await SignAsync("cosign.key", key, message);

        await File.WriteAllBytesAsync(_fixture.File("message"), message.Content.ToArray(), SigningFixture.Token);
        var verified = await _fixture.CosignAsync(
            "verify-blob", _fixture.File("message"), "--bundle", evidence[0].BundleFile, "--key", pair.PublicKeyFile, "--insecure-ignore-tlog=true");
        verified.ExitCode.ShouldBe(0, verified.StandardError);
        LegacyForm.IsOver(message.Content, await File.ReadAllBytesAsync(evidence[0].BundleFile, SigningFixture.Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_key_in_a_variable_is_opened_too()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        _fixture.Machine.Variables["SHOP_KEY"] = await File.ReadAllTextAsync(_fixture.File("cosign.key"), SigningFixture.Token);
        using var key = Of(_fixture.Settings("env://SHOP_KEY"));

        (await key.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_key_that_cannot_be_opened_is_explained_by_cosign()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        _fixture.Machine.Variables["COSIGN_PASSWORD"] = "wrong battery";
        using var key = Of(_fixture.Settings("cosign.key"));

        var error = await Should.ThrowAsync<DiagnosticException>(() => SignAsync("cosign.key", key, SigningFixture.Signature(), SigningFixture.SbomOf()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        error.Message.ShouldContain("COSIGN_PASSWORD");
        Directory.GetFileSystemEntries(_fixture.File("evidence")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_file_that_has_gone_is_left_to_cosign()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        using var key = Of(settings);
        File.Delete(_fixture.File("cosign.key"));

        (await key.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldBeNull();
    }

    [Theory]
    [InlineData("EC P-384", false)]
    [InlineData("RSA", false)]
    [InlineData("EC P-256", true)]
    public async Task An_imported_key_of_another_kind_is_left_to_cosign(string kind, bool isOpened)
    {
        await File.WriteAllTextAsync(_fixture.File("own.pem"), Own(kind), SigningFixture.Token);
        var imported = await _fixture.CosignAsync("import-key-pair", "--key", _fixture.File("own.pem"), "--output-key-prefix", _fixture.File("imported"), "--yes");
        imported.ExitCode.ShouldBe(0, imported.StandardError);
        using var key = Of(_fixture.Settings("imported.key"));

        var evidence = await SignAsync("imported.key", key, SigningFixture.Signature());

        _fixture.Runner.Invocations.Any(invocation => invocation.Arguments[0] == "attest-blob").ShouldBe(!isOpened);
        // Cosign does not accept what it signs itself with P-384.
        if (kind == "EC P-384")
            return;
        var verified = await _fixture.CosignAsync(
            "verify-blob-attestation", "--bundle", evidence[0].BundleFile, "--digest", SigningFixture.Image.Hex, "--digestAlg", "sha256",
            "--type", PredicateTypes.CosignSignature, "--key", _fixture.File("imported.pub"), "--insecure-ignore-tlog=true");
        verified.ExitCode.ShouldBe(0, verified.StandardError);
    }

    [Fact]
    public async Task A_closed_key_signs_no_more_whether_it_was_open_or_not()
    {
        await _fixture.MakeKeyAsync("cosign");
        var (never, just, once) = (Of(_fixture.Settings("cosign.key")), Of(_fixture.Settings("cosign.key")), Of(_fixture.Settings("cosign.key")));
        (await once.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldNotBeNull();
        just.Begin();

        foreach (var key in new[] { never, just, once, once })
        {
            key.Dispose();
            (await key.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Many_signatures_at_the_same_time_are_all_right()
    {
        var pair = await _fixture.MakeKeyAsync("cosign");
        using var key = Of(_fixture.Settings("cosign.key"));
        using var verifier = ECDsa.Create();
        verifier.ImportFromPem(await File.ReadAllTextAsync(pair.PublicKeyFile, SigningFixture.Token));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => Task.Run(async () =>
        {
            var message = BitConverter.GetBytes(number);
            var signature = (await key.SignAsync(message, SigningFixture.Token))!;
            verifier.VerifyData(message, signature.Value, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).ShouldBeTrue();
            signature.KeyHint.ShouldBe(pair.Fingerprint);
        })));
    }

    [Fact]
    public async Task Only_a_key_that_lies_here_and_signs_by_itself_is_opened()
    {
        await _fixture.MakeKeyAsync("cosign");
        var plain = _fixture.Settings("cosign.key");
        foreach (var settings in new[]
        {
            _fixture.Settings("awskms:///alias/release"), plain with { RekorUrl = "http://127.0.0.1:1" }, plain with { TimestampServerUrl = "http://127.0.0.1:1" },
            plain with { SigningConfig = "config.json" }, plain with { TransparencyLog = TransparencyLog.True },
        })
        {
            using var key = Of(settings);
            (await key.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldBeNull();
        }
    }

    private static string Own(string kind)
    {
        using AsymmetricAlgorithm key = kind switch
        {
            "RSA" => RSA.Create(2048),
            "EC P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        };
        return key.ExportPkcs8PrivateKeyPem();
    }

    private OpenedKey Of(SigningSettings settings) => OpenedKey.Of(settings, SigningIdentity.Resolve(settings, _fixture.Machine), _fixture.Machine);

    private Task<IReadOnlyList<SignedEvidence>> SignAsync(string file, OpenedKey key, params StatementToSign[] statements)
    {
        var settings = _fixture.Settings(file);
        return new CosignSigner(_fixture.Runner, _fixture.Cosign, settings, _fixture.Machine) { Opened = key }
            .SignAsync(statements, SigningIdentity.Resolve(settings, _fixture.Machine), _fixture.File("evidence"), SigningFixture.Token);
    }

    public void Dispose() => _fixture.Dispose();
}
