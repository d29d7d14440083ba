using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

public sealed class CosignSignerSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();

    [Theory]
    [InlineData("")]
    [InlineData("pass word ü\"$'")]
    public async Task Signature_and_SBOM_become_bundles_that_cosign_accepts(string password)
    {
        var key = await _fixture.MakeKeyAsync("cosign", password);
        var statements = new[] { SigningFixture.Signature(), SigningFixture.SbomOf(repository: "registry.example.com/hello-api") };

        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), statements);

        evidence.Select(item => Path.GetFileName(item.BundleFile)).ShouldBe(["signature.sigstore.json", "sbom.cdx.sigstore.json"]);
        foreach (var (item, statement) in evidence.Zip(statements))
        {
            var bundle = await Bundle.ReadAsync(item.BundleFile, SigningFixture.Token);
            bundle.Payload.ToArray().ShouldBe(statement.Content.ToArray());
            bundle.KeyHint.ShouldBe(key.Fingerprint);
            bundle.Certificate.ShouldBeNull();
            bundle.LogEntries.ShouldBe(0);
            var verified = await _fixture.CosignAsync(
                "verify-blob-attestation", "--bundle", item.BundleFile, "--digest", item.Subject.Hex, "--digestAlg", "sha256",
                "--type", item.PredicateType, "--key", key.PublicKeyFile, "--insecure-ignore-tlog=true");
            verified.ExitCode.ShouldBe(0, verified.StandardError);
        }
        Directory.GetFileSystemEntries(_fixture.File("evidence")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Five_statements_are_signed_at_once_by_five_processes()
    {
        await _fixture.MakeKeyAsync("cosign");
        var statements = Enumerable.Range(1, 5)
            .Select(i => StatementToSign.Attestation(SigningFixture.Image, null, $"https://example.com/{i}", SigningFixture.Sbom, $"statement-{i}"))
            .ToArray();

        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), statements);

        evidence.Select(item => item.PredicateType).ShouldBe(statements.Select(statement => statement.PredicateType));
        _fixture.Runner.Invocations.Count(invocation => invocation.Arguments[0] == "attest-blob").ShouldBe(5);
    }

    [Fact]
    public async Task Password_and_key_never_stand_in_arguments_or_messages()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        _fixture.Machine.Variables["COSIGN_PASSWORD"] = "wrong battery";

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        error.Message.ShouldContain("COSIGN_PASSWORD");
        error.Message.ShouldNotContain("wrong battery");
        var arguments = string.Join(' ', _fixture.Runner.Invocations.SelectMany(invocation => invocation.Arguments));
        arguments.ShouldNotContain("horse");
        arguments.ShouldNotContain("battery");
    }

    [Fact]
    public async Task A_key_with_a_password_and_no_COSIGN_PASSWORD_is_a_coded_error_and_nobody_is_asked()
    {
        await _fixture.MakeKeyAsync("cosign", "correct horse");
        _fixture.Machine.Variables.Remove("COSIGN_PASSWORD");

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.KeyUnusable);
        error.Message.ShouldContain("COSIGN_PASSWORD is empty");
    }

    [Fact]
    public async Task A_key_from_an_environment_variable_signs()
    {
        var key = await _fixture.MakeKeyAsync("cosign");
        _fixture.Machine.Variables["SIGNING_KEY"] = await File.ReadAllTextAsync(key.PrivateKeyFile, SigningFixture.Token);
        var settings = _fixture.Settings("env://SIGNING_KEY");
        var runner = new AddingRunner(_fixture.Runner, "SIGNING_KEY", _fixture.Machine.Variables["SIGNING_KEY"]);

        var evidence = await new CosignSigner(runner, _fixture.Cosign, settings, _fixture.Machine)
            .SignAsync([SigningFixture.Signature()], SigningIdentity.Resolve(settings, _fixture.Machine), _fixture.File("evidence"), SigningFixture.Token);
        var signer = await new PublicKeySource(runner, _fixture.Cosign, settings, _fixture.Machine)
            .GetAsync(SigningIdentity.Resolve(settings, _fixture.Machine), evidence, _fixture.File("work"), SigningFixture.Token);

        PublicKeySource.Fingerprint(await File.ReadAllTextAsync(signer.Key!, SigningFixture.Token)).ShouldBe(key.Fingerprint);
    }

    [Fact]
    public async Task When_one_statement_fails_no_bundle_is_left_not_even_an_old_one()
    {
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        await _fixture.SignAsync(settings, SigningFixture.Signature(), SigningFixture.SbomOf());
        var broken = new StatementToSign("broken", SigningFixture.Image, PredicateTypes.CycloneDx, "this is no statement"u8.ToArray());

        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.SignAsync(settings, SigningFixture.Signature(), broken, SigningFixture.SbomOf()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.SigningFailed);
        Directory.GetFileSystemEntries(_fixture.File("evidence")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cosign_without_statements_is_too_old_and_says_so()
    {
        await _fixture.MakeKeyAsync("cosign");
        using var old = new SigningFixture { Cosign = new Tool("cosign", Toolchain.Require("cosign2"), "SupplyChainCosignPath") };
        old.Machine.Variables["COSIGN_PASSWORD"] = "";

        var error = await Should.ThrowAsync<DiagnosticException>(() => old.SignAsync(old.Settings(_fixture.File("cosign.key")), SigningFixture.Signature()));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolUnusable);
        error.Message.ShouldContain("2.6");
        error.Message.ShouldContain("SupplyChainCosignPath");
    }

    [Fact]
    public async Task Signing_with_a_key_needs_no_network_at_all()
    {
        var key = await _fixture.MakeKeyAsync("cosign");
        var arguments = new CosignArguments(_fixture.Settings("cosign.key"), SigningIdentity.Resolve(_fixture.Settings("cosign.key"), _fixture.Machine), _fixture.File(""));
        await arguments.WriteFilesAsync(SigningFixture.Token);
        await File.WriteAllBytesAsync(_fixture.File("statement"), SigningFixture.Signature().Content, SigningFixture.Token);
        foreach (var dialect in new[] { new CosignDialect(), new CosignDialect(ServicesByFile: true) })
        {
            var bundle = _fixture.File($"{dialect.ServicesByFile}.bundle");
            var sign = arguments.Attest(_fixture.File("statement"), bundle, dialect);

            // A namespace without any interface but a loopback that is down. Cosign's home is empty, so that nothing is cached.
            var result = await _fixture.Runner.RunAsync(
                new ToolInvocation(new Tool("unshare", "/usr/bin/unshare", "PATH"), ["--map-root-user", "--net", _fixture.Cosign.Path, .. sign])
                {
                    Environment = new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "", ["HOME"] = _fixture.File("home") },
                },
                SigningFixture.Token);

            result.ExitCode.ShouldBe(0, result.StandardError);
            result.StandardError.ShouldNotContain("TUF");
            (await Bundle.ReadAsync(bundle, SigningFixture.Token)).KeyHint.ShouldBe(key.Fingerprint);
        }
    }

    public void Dispose() => _fixture.Dispose();

    /// <summary>Gives the child what the build's own environment would hold.</summary>
    private sealed class AddingRunner(IToolRunner inner, string name, string value) : IToolRunner
    {
        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken) =>
            inner.RunAsync(invocation with { Environment = new Dictionary<string, string?>(invocation.Environment) { [name] = value } }, cancellationToken);
    }
}
