using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

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

    [Fact]
    public async Task Statements_beyond_the_opened_keys_are_signed_all_the_same()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var opened = Open("cosign.key", 1);

        var evidence = await SignAsync("cosign.key", opened, SigningFixture.Signature(), SigningFixture.SbomOf());

        evidence.Count.ShouldBe(2);
        _fixture.Runner.Invocations.Count(invocation => invocation.Arguments[0] == "attest-blob").ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_could_not_be_opened_is_explained_by_the_signing_itself()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        _fixture.Machine.Variables["COSIGN_PASSWORD"] = "wrong battery";
        using var opened = Open("cosign.key", 1);

        var error = await Should.ThrowAsync<DiagnosticException>(() => SignAsync("cosign.key", opened, SigningFixture.Signature()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        error.Message.ShouldContain("COSIGN_PASSWORD");
    }

    [Fact]
    public async Task Closing_ends_the_processes_that_wait_and_leaves_no_file()
    {
        await _fixture.MakeKeyAsync("cosign");
        var opened = Open("cosign.key", 2);
        await Eventually.UntilAsync(() => Processes() > 0, "a cosign that waits", SigningFixture.Token);

        opened.Dispose();

        Processes().ShouldBe(0);
        Directory.GetFileSystemEntries(_fixture.File("work")).ShouldBeEmpty();
        (await opened.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Only_a_key_that_lies_here_and_signs_by_itself_is_opened()
    {
        await _fixture.MakeKeyAsync("cosign");
        var key = _fixture.Settings("cosign.key");
        foreach (var settings in new[]
        {
            _fixture.Settings("awskms:///alias/release"), key with { RekorUrl = "http://127.0.0.1:1" }, key with { TimestampServerUrl = "http://127.0.0.1:1" },
            key with { SigningConfig = "config.json" }, key with { TransparencyLog = TransparencyLog.True },
        })
        {
            using var opened = Open(settings, 2);
            (await opened.SignAsync("x"u8.ToArray(), SigningFixture.Token)).ShouldBeNull();
        }

        _fixture.Runner.Invocations.ShouldNotContain(invocation => invocation.Arguments[0] == "sign-blob");
    }

    /// <summary>The processes that have this test's own key on their command line.</summary>
    private int Processes() => Directory.GetDirectories("/proc").Count(folder =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")) is var line && line.Contains("sign-blob") && line.Contains(_fixture.File("cosign.key"));
        }
        catch (IOException)
        {
            return false;
        }
    });

    private OpenedKey Open(string key, int count) => Open(_fixture.Settings(key), count);

    private OpenedKey Open(SigningSettings settings, int count)
    {
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
