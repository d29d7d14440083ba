using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>The real cosign against the real registry, with evidence that our own writer attached.</summary>
public sealed class RegistryVerificationSpecs : IAsyncLifetime
{
    private static readonly string[] Both = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];

    private readonly SigningFixture _fixture = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private DockerRegistry _registry = null!;
    private RegistryStore _store = null!;
    private Descriptor _image = null!;

    public async ValueTask InitializeAsync()
    {
        _registry = await DockerRegistry.StartAsync(SigningFixture.Token);
        _store = SmallImage.Registry(_registry.Host, "team/hello-api", _http);
        _image = await SmallImage.WriteAsync(_store);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Signature_and_SBOM_that_were_attached_verify_from_the_registry()
    {
        await _fixture.MakeKeyAsync("cosign");
        var (evidence, signer) = await PublishAsync("cosign.key", SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest, _store.Repository.Name));

        var verification = await _fixture.VerifyAsync(Request(signer) with { Own = evidence });

        verification.Image.ShouldBe(_image.Digest);
        verification.Reference.ShouldBe($"{_registry.Host}/team/hello-api@{_image.Digest}");
        verification.Signer.ShouldStartWith("key cosign.key (SHA256:");
        verification.Statements.Select(statement => statement.PredicateType).ShouldBe(Both);
        _fixture.Runner.Invocations.Count(invocation => invocation.Arguments[0] == "public-key").ShouldBe(0, "the .pub file beside the key was enough");
    }

    [Fact]
    public async Task A_lone_SBOM_does_not_pass_as_a_signature()
    {
        await _fixture.MakeKeyAsync("cosign");
        var (_, signer) = await PublishAsync("cosign.key", SigningFixture.SbomOf(_image.Digest));

        var error = await FailAsync(Request(signer));

        error.ShouldContain("the image signature (https://sigstore.dev/cosign/sign/v1)");
        error.ShouldContain(PredicateTypes.CycloneDx);
        (await _fixture.CosignAsync("verify", "--key", signer.Key!, "--insecure-ignore-tlog=true", _store.Repository.At(_image.Digest).ToString()))
            .ExitCode.ShouldBe(0, "this is why plain cosign verify is not asked");
    }

    [Fact]
    public async Task Evidence_of_another_key_is_refused()
    {
        await _fixture.MakeKeyAsync("mallory");
        await PublishAsync("mallory.key", SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest));
        var key = await _fixture.MakeKeyAsync("cosign");

        var error = await FailAsync(Request(Expect(key.PublicKeyFile)));

        error.ShouldContain("SupplyChainVerificationKey");
    }

    [Fact]
    public async Task Evidence_about_another_image_does_not_verify_this_one()
    {
        await _fixture.MakeKeyAsync("cosign");
        // Signed by the right key and attached to this image, but the statement is about another one.
        var evidence = await _fixture.SignAsync(_fixture.Settings("cosign.key"), SigningFixture.Signature(Digest.Of("other"u8)), SigningFixture.SbomOf(Digest.Of("other"u8)));
        foreach (var item in evidence)
        {
            var content = await File.ReadAllBytesAsync(item.BundleFile, SigningFixture.Token);
            var bundle = new Descriptor(MediaTypes.SigstoreBundle, Digest.Of(content), content.Length);
            await _store.WriteBlobAsync(bundle, () => new MemoryStream(content), SigningFixture.Token);
            await _store.WriteBlobAsync(EvidenceManifest.EmptyConfigDescriptor, () => new MemoryStream(EvidenceManifest.EmptyConfig.ToArray()), SigningFixture.Token);
            await _store.WriteReferrersAsync(_image, [EvidenceManifest.Make(_image, bundle, item.PredicateType, DateTimeOffset.UnixEpoch)], SigningFixture.Token);
        }

        await FailAsync(Request(await _fixture.SignerAsync(_fixture.Settings("cosign.key"), evidence)));
    }

    [Fact]
    public async Task A_valid_statement_that_is_not_the_one_just_signed_is_refused()
    {
        await _fixture.MakeKeyAsync("cosign");
        var (_, signer) = await PublishAsync("cosign.key", SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest));
        var own = await _fixture.SignAsync(
            _fixture.Settings("cosign.key"),
            SigningFixture.Signature(_image.Digest),
            StatementToSign.Attestation(_image.Digest, null, PredicateTypes.CycloneDx, """{"bomFormat":"CycloneDX","version":2}"""u8.ToArray()));

        var error = await FailAsync(Request(signer) with { Own = own });

        error.ShouldContain("what this publish signed");
        error.ShouldContain(PredicateTypes.CycloneDx);
    }

    [Fact]
    public async Task Nothing_attached_is_named_as_such()
    {
        var key = await _fixture.MakeKeyAsync("cosign");

        (await FailAsync(Request(Expect(key.PublicKeyFile)))).ShouldContain("publish again");
    }

    [Fact]
    public async Task Only_a_digest_is_verified_and_only_the_signed_one()
    {
        var key = await _fixture.MakeKeyAsync("cosign");
        var request = Request(Expect(key.PublicKeyFile));

        (await FailAsync(request with { Reference = request.Reference with { Digest = null, Tag = "1.0" } })).ShouldContain("not pinned");
        (await FailAsync(request with { Digest = Digest.Of("other"u8) })).ShouldContain("not pinned");
        _fixture.Runner.Invocations.ShouldAllBe(invocation => invocation.Arguments[0] == "generate-key-pair");
    }

    [Fact]
    public async Task A_registry_that_asks_for_a_password_gets_it_by_the_environment_and_no_file_holds_it()
    {
        await using var locked = await DockerRegistry.StartAsync(new DockerRegistryOptions { RequirePassword = true }, SigningFixture.Token);
        var credentials = new OneCredential(DockerRegistry.UserName, DockerRegistry.Password);
        _store = SmallImage.Registry(locked.Host, "team/hello-api", _http, credentials);
        _image = await SmallImage.WriteAsync(_store);
        await _fixture.MakeKeyAsync("cosign");
        var (evidence, signer) = await PublishAsync("cosign.key", SigningFixture.Signature(_image.Digest), SigningFixture.SbomOf(_image.Digest));
        var request = Request(signer) with { Own = evidence };

        (await FailAsync(request)).ShouldContain("docker login");
        var seen = new ConfigurationReader(_fixture.Runner);
        await new Verifier(seen, _fixture.Cosign, _fixture.Machine).VerifyAsync(request with { Access = RegistryAccess.For(locked.Host, credentials.Credential, _ => null) }, SigningFixture.Token);

        seen.Configurations.ShouldNotBeEmpty();
        seen.Configurations.ShouldAllBe(text => text == "{}", "the password is in the environment, and in no file");
        var invocation = _fixture.Runner.Invocations.Last();
        string.Join(' ', invocation.Arguments).ShouldNotContain(DockerRegistry.Password);
        invocation.Environment.Values.ShouldNotContain(DockerRegistry.Password);
        Directory.Exists(invocation.Environment["DOCKER_CONFIG"]).ShouldBeFalse();
        Directory.GetFileSystemEntries(_fixture.File("work")).Select(Path.GetFileName).ShouldBe(["cosign.pub"]);
    }

    /// <summary>A fake cosign: one before docker's library read the variable, which knows a configuration file only.</summary>
    [Fact]
    public async Task A_fake_older_cosign_gets_the_password_by_a_private_file_that_is_gone_afterwards()
    {
        await _fixture.MakeKeyAsync("cosign");
        var script = _fixture.File("old-cosign");
        await File.WriteAllTextAsync(script, "#!/bin/sh\nif grep -q auths \"$DOCKER_CONFIG/config.json\"; then echo 'Error: no matching attestations' >&2; else echo 'Error: GET https://registry: UNAUTHORIZED' >&2; fi\nexit 1\n", SigningFixture.Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var seen = new ConfigurationReader(_fixture.Runner);
        var access = RegistryAccess.For("registry.example.com", new OneCredential("ada", "pass word").Credential, _ => null);

        var error = await Should.ThrowAsync<DiagnosticException>(() => new Verifier(seen, new Core.Tools.Tool("cosign", script, "PATH"), _fixture.Machine).VerifyAsync(
            Request(Expect(_fixture.File("cosign.pub"))) with { PredicateTypes = [PredicateTypes.CosignSignature], Access = access }, SigningFixture.Token));

        error.Message.ShouldContain("no matching attestations");
        seen.Configurations.Select(text => text.Contains("auths")).ShouldBe([false, true]);
        _fixture.Runner.Invocations.Last().Environment.Keys.ShouldNotContain("DOCKER_AUTH_CONFIG");
        Directory.GetFileSystemEntries(_fixture.File("work")).ShouldBeEmpty();
    }

    private async Task<(IReadOnlyList<SignedEvidence> Evidence, ExpectedSigner Signer)> PublishAsync(string key, params StatementToSign[] statements)
    {
        var evidence = await _fixture.SignAsync(_fixture.Settings(key), statements);
        await AttachAsync(evidence);
        return (evidence, await _fixture.SignerAsync(_fixture.Settings(key), evidence));
    }

    private Task<IReadOnlyList<Descriptor>> AttachAsync(IReadOnlyList<SignedEvidence> evidence) =>
        new EvidenceWriter().AttachAsync(_store, _image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);

    private VerificationRequest Request(ExpectedSigner signer) => new(_store.Repository.At(_image.Digest), _image.Digest, Both, signer) { WorkDirectory = _fixture.File("work") };

    private static ExpectedSigner Expect(string publicKey) => new("a key") { Key = publicKey };

    private async Task<string> FailAsync(VerificationRequest request)
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() => _fixture.VerifyAsync(request));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
        return error.Message;
    }

    /// <summary>What cosign finds in the folder that it is given, in the moment it starts.</summary>
    private sealed class ConfigurationReader(Core.Tools.IToolRunner inner) : Core.Tools.IToolRunner
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Configurations { get; } = [];

        public Task<Core.Tools.ToolResult> RunAsync(Core.Tools.ToolInvocation invocation, CancellationToken cancellationToken)
        {
            if (invocation.Environment.GetValueOrDefault("DOCKER_CONFIG") is { } folder)
                Configurations.Enqueue(File.ReadAllText(Path.Combine(folder, "config.json")));
            return inner.RunAsync(invocation, cancellationToken);
        }
    }
}
