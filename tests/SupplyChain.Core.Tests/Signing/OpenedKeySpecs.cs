using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>Keys that were opened before there was anything to sign.</summary>
public sealed class OpenedKeySpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    [Fact]
    public async Task What_an_opened_key_signs_is_what_cosign_accepts_and_no_other_process_signs()
    {
        var key = await _fixture.MakeKeyAsync("cosign", "correct horse");
        using var opened = Open("cosign.key", 2);
        var asked = _fixture.Runner.Invocations.Count;

        var evidence = await SignAsync("cosign.key", opened, SigningFixture.Signature(), SigningFixture.SbomOf());

        foreach (var item in evidence)
        {
            (await Bundle.ReadAsync(item.BundleFile, SigningFixture.Token)).KeyHint.ShouldBe(key.Fingerprint);
            var verified = await _fixture.CosignAsync(
                "verify-blob-attestation", "--bundle", item.BundleFile, "--digest", item.Subject.Hex, "--digestAlg", "sha256",
                "--type", item.PredicateType, "--key", key.PublicKeyFile, "--insecure-ignore-tlog=true");
            verified.ExitCode.ShouldBe(0, verified.StandardError);
        }
        _fixture.Runner.Invocations.ShouldNotContain(invocation => invocation.Arguments[0] == "attest-blob");
        string.Join(' ', _fixture.Runner.Invocations.SelectMany(invocation => invocation.Arguments)).ShouldNotContain("horse");
    }

    private OpenedKey Open(string key, int count)
    {
        var settings = _fixture.Settings(key);
        return OpenedKey.Open(_fixture.Runner, _fixture.Cosign, settings, SigningIdentity.Resolve(settings, _fixture.Machine), _fixture.Machine, count, _fixture.File("work"));
    }

    private Task<IReadOnlyList<SignedEvidence>> SignAsync(string key, OpenedKey opened, params StatementToSign[] statements)
    {
        var settings = _fixture.Settings(key);
        return new CosignSigner(_fixture.Runner, _fixture.Cosign, settings, _fixture.Machine) { Opened = opened }
            .SignAsync(statements, SigningIdentity.Resolve(settings, _fixture.Machine), _fixture.File("evidence"), SigningFixture.Token);
    }

    public void Dispose() => _fixture.Dispose();
}
