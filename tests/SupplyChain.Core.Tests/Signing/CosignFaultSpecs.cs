using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>A fake cosign, for what the real one does not do: other flags than today's, and misbehaviour.</summary>
[Trait("Category", "Slow")]
public sealed class CosignFaultSpecs : IDisposable
{
    private const string Sign = "statement=$3; bundle=$5; printf '{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"aGludA==\"}},\"dsseEnvelope\":{\"payload\":\"%s\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"c2ln\"}]}}' \"$(base64 -w0 \"$statement\")\" > \"$bundle\"";

    private readonly TestFolder _folder = new();
    private readonly RecordingRunner _runner = new();
    private readonly FakeMachine _machine = new() { Variables = { ["COSIGN_PASSWORD"] = "pass word" } };

    [Fact]
    public async Task A_fake_cosign_with_the_flags_of_2_6_is_asked_for_the_new_bundle_format_once_it_has_written_the_old_one()
    {
        var evidence = await SignAsync($"case \" $* \" in *' --new-bundle-format '*) {Sign};; *) echo '{{\"base64Signature\":\"c2ln\"}}' > \"$5\";; esac");

        evidence.Count.ShouldBe(2);
        _runner.Invocations.Count.ShouldBe(4);
        _runner.Invocations.Last().Arguments.ShouldContain("--new-bundle-format");
    }

    /// <summary>2.6 names the flag in its help, and looks at bundles only with it; 3.1 looks at them by itself and hides it.</summary>
    [Theory]
    [InlineData("    --new-bundle-format=false:", true)]
    [InlineData("    --use-signed-timestamps=false:", false)]
    public async Task A_fake_cosign_with_the_flags_of_2_6_is_told_to_verify_bundles_and_one_that_hides_the_flag_is_believed(string help, bool verified)
    {
        var evidence = await SignAsync(Sign);
        var stored = await Task.WhenAll(evidence.Select(async signed => new StoredBundle(signed.PredicateType, await File.ReadAllBytesAsync(signed.BundleFile, SigningFixture.Token))));
        var request = new VerificationRequest(
            new Core.Images.ImageReference(null, "hello-api").At(SigningFixture.Image), SigningFixture.Image, [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx], new ExpectedSigner("key cosign.pub") { Key = "/keys/cosign.pub" })
        {
            Own = evidence,
            Stored = stored,
            WorkDirectory = _folder.File("work"),
        };
        var cosign = Fake($"case \" $* \" in *' --help '*) echo '{help}';; *' --new-bundle-format '*) exit 0;; *) echo 'Error: bundle does not contain cert for verification' >&2; exit 1;; esac");

        if (verified)
            (await new Verifier(_runner, cosign, _machine).VerifyAsync(request, SigningFixture.Token)).Statements.Count.ShouldBe(2);
        else
            (await Should.ThrowAsync<DiagnosticException>(() => new Verifier(_runner, cosign, _machine).VerifyAsync(request, SigningFixture.Token))).Message.ShouldContain("does not contain cert");
    }

    [Fact]
    public async Task A_fake_later_cosign_without_today_s_flags_gets_files_that_name_no_services()
    {
        var evidence = await SignAsync($"case \" $* \" in *' --use-signing-config=false '*) echo 'Error: unknown flag: --use-signing-config' >&2; exit 1;; esac; {Sign}");

        evidence.Count.ShouldBe(2);
        var arguments = _runner.Invocations.Last().Arguments;
        arguments.ShouldContain("--signing-config");
        arguments.ShouldContain("--trusted-root");
        arguments.ShouldNotContain("--tlog-upload=false");
    }

    [Fact]
    public async Task A_key_is_passed_by_reference_with_no_services_named_and_the_password_in_the_environment_alone()
    {
        await SignAsync(Sign, "awskms:///alias/release");

        var invocation = _runner.Invocations.First();
        invocation.Arguments.Skip(5).ShouldBe(["--yes", "--key", "awskms:///alias/release", "--use-signing-config=false", "--tlog-upload=false"]);
        invocation.Environment["COSIGN_PASSWORD"].ShouldBe("pass word");
        invocation.Arguments.ShouldAllBe(argument => !argument.Contains("pass word"));
    }

    [Theory]
    [InlineData("exit 0", "wrote no usable bundle")]
    [InlineData("echo garbage > \"$5\"", "not valid JSON")]
    [InlineData("echo '{}' > \"$5\"", "no 'mediaType'")]
    [InlineData("head -c 1000000 /dev/zero | tr '\\0' '[' > \"$5\"", "not valid JSON")]
    [InlineData("echo 'Error: the password is pass word' >&2; exit 1", "***")]
    [InlineData("printf 'Error: \\033[31m##vso[task]\\r' >&2; exit 1", "could not sign")]
    [InlineData("kill -9 $$", "exit code 137")]
    public async Task Whatever_else_it_does_is_one_coded_error_and_leaves_no_bundle(string script, string part)
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => SignAsync(script));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningFailed);
        error.Message.ShouldContain(part);
        error.Message.ShouldNotContain("pass word");
        error.Message.ShouldNotContain("\u001b");
        Directory.GetFileSystemEntries(_folder.File("evidence")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bundle_over_another_statement_is_refused()
    {
        var other = Convert.ToBase64String(SigningFixture.Signature(Core.Images.Digest.Of("other"u8)).Content.Span);

        var error = await Should.ThrowAsync<DiagnosticException>(() => SignAsync(Sign.Replace("$(base64 -w0 \"$statement\")", other, StringComparison.Ordinal)));

        error.Message.ShouldContain("something else than the statement");
    }

    [Fact]
    public async Task Keyless_signing_never_waits_for_a_person_and_names_the_private_services()
    {
        _machine.Variables["SIGSTORE_ID_TOKEN"] = "secret-token";
        var settings = new SigningSettings(_folder.Path)
        {
            FulcioUrl = "https://fulcio.example.com",
            RekorUrl = "https://rekor.example.com",
            OidcIssuer = "https://issuer.example.com",
            TrustedRoot = "root.json",
        };

        await new CosignSigner(_runner, Fake(Sign), settings, _machine)
            .SignAsync([SigningFixture.Signature()], SigningIdentity.Resolve(settings, _machine), _folder.File("evidence"), SigningFixture.Token);

        _runner.Invocations.Single().Arguments.Skip(5).ShouldBe(
        [
            "--yes", "--fulcio-auth-flow", "token", "--use-signing-config=false", "--tlog-upload=true",
            "--fulcio-url", "https://fulcio.example.com", "--oidc-issuer", "https://issuer.example.com",
            "--rekor-url", "https://rekor.example.com", "--trusted-root", _folder.File("root.json"),
        ]);
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("echo not json; echo '{\"payload\":1}'")]
    [InlineData("echo '{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"e30=\",\"signatures\":[{\"sig\":\"c2ln\"}]}'")]
    [InlineData("exit 1")]
    [InlineData("yes Verified OK | head -c 10000000")]
    public async Task A_verifier_that_only_says_it_is_fine_is_not_believed(string script)
    {
        var reference = new Core.Images.ImageReference("registry.example.com", "hello-api").At(SigningFixture.Image);

        var error = await Should.ThrowAsync<DiagnosticException>(() => new Verifier(_runner, Fake(script), _machine).VerifyAsync(
            new VerificationRequest(reference, SigningFixture.Image, [PredicateTypes.CosignSignature], new ExpectedSigner("key cosign.pub") { Key = "/keys/cosign.pub" }) { WorkDirectory = _folder.File("work") },
            SigningFixture.Token));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        error.Message.ShouldContain(PredicateTypes.CosignSignature);
    }

    [Fact]
    public async Task A_verifier_gets_none_of_the_signer_s_secrets()
    {
        var reference = new Core.Images.ImageReference("registry.example.com", "hello-api").At(SigningFixture.Image);

        await Should.ThrowAsync<DiagnosticException>(() => new Verifier(_runner, Fake("exit 1"), _machine).VerifyAsync(
            new VerificationRequest(reference, SigningFixture.Image, [PredicateTypes.CosignSignature], new ExpectedSigner("key cosign.pub") { Key = "/keys/cosign.pub" }) { WorkDirectory = _folder.File("work") },
            SigningFixture.Token));

        var invocation = _runner.Invocations.First();
        invocation.Arguments.ShouldBe(
            ["verify-attestation", "--type", PredicateTypes.CosignSignature, "--key", "/keys/cosign.pub", "--insecure-ignore-tlog=true", "--", $"registry.example.com/hello-api@{SigningFixture.Image}"]);
        foreach (var name in new[] { "COSIGN_PASSWORD", "COSIGN_PKCS11_PIN", "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN" })
            invocation.Environment[name].ShouldBeNull();
    }

    public void Dispose() => _folder.Dispose();

    private Task<IReadOnlyList<SignedEvidence>> SignAsync(string script, string key = "awskms:///alias/release")
    {
        var settings = new SigningSettings(_folder.Path) { Key = key };
        return new CosignSigner(_runner, Fake(script), settings, _machine)
            .SignAsync([SigningFixture.Signature(), SigningFixture.SbomOf()], SigningIdentity.Resolve(settings, _machine), _folder.File("evidence"), SigningFixture.Token);
    }

    private Tool Fake(string script)
    {
        var file = _folder.File("cosign");
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n", new UTF8Encoding(false));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new Tool("cosign", file, "PATH");
    }
}
