using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>A registry whose certificate comes from a private authority: the push, cosign, and the services that cosign asks.</summary>
public sealed class PrivateAuthorityVerificationSpecs : IDisposable
{
    private readonly SigningFixture _fixture = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Evidence_is_attached_and_verified_with_the_authority_and_refused_without_it()
    {
        await using var registry = await DockerRegistry.StartAsync(new DockerRegistryOptions { Tls = _authority }, SigningFixture.Token);
        using var http = RegistryHttp.CreateClient(_authority.AuthorityFile);
        var store = SmallImage.Registry(registry.Host, "team/hello-api", http);
        var image = await SmallImage.WriteAsync(store);
        await _fixture.MakeKeyAsync("cosign");
        var settings = _fixture.Settings("cosign.key");
        var evidence = await _fixture.SignAsync(settings, SigningFixture.Signature(image.Digest));
        await new EvidenceWriter().AttachAsync(store, image, evidence, DateTimeOffset.UnixEpoch, SigningFixture.Token);
        var request = new VerificationRequest(store.Repository.At(image.Digest), image.Digest, [PredicateTypes.CosignSignature], await _fixture.SignerAsync(settings, evidence)) { WorkDirectory = _fixture.File("work") };

        await _fixture.VerifyAsync(request with { Access = new RegistryAccess { CertificateAuthorityFile = _authority.AuthorityFile } });
        var failure = await Should.ThrowAsync<DiagnosticException>(() => _fixture.VerifyAsync(request));
        failure.Diagnostic.Code.ShouldBe(DiagnosticCodes.VerificationFailed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/etc/own.pem")]
    public async Task Cosign_believes_the_authority_for_the_services_that_it_asks_unless_the_user_has_named_a_file(string? own)
    {
        await _fixture.MakeKeyAsync("cosign");
        if (own is not null)
            _fixture.Machine.Variables["SSL_CERT_FILE"] = own;
        _fixture.Runner.Invocations.Clear();
        await _fixture.SignAsync(_fixture.Settings("cosign.key") with { CertificateAuthorityFile = _authority.AuthorityFile }, SigningFixture.Signature());
        foreach (var invocation in _fixture.Runner.Invocations.Where(invocation => invocation.Arguments.Contains("attest-blob")))
            invocation.Environment.GetValueOrDefault("SSL_CERT_FILE").ShouldBe(own is null ? _authority.AuthorityFile : null);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _fixture.Dispose();
    }
}
