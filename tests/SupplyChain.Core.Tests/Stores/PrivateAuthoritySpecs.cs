using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class PrivateAuthoritySpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task A_server_with_a_certificate_of_the_private_authority_is_reached_and_only_with_it()
    {
        using var authority = Authority("CN=Contoso root");
        using var other = Authority("CN=Somebody else");
        await using var server = new LoopbackHttpServer((_, _) => Task.FromResult(new HttpReply(200, "hello"u8.ToArray())), Server(authority, "localhost"));

        (await AskAsync(server, Pem(authority))).ShouldBe("hello");
        await Should.ThrowAsync<HttpRequestException>(() => AskAsync(server, null));
        await Should.ThrowAsync<HttpRequestException>(() => AskAsync(server, Pem(other)));
    }

    [Fact]
    public async Task Another_name_and_a_date_that_is_over_stay_wrong()
    {
        using var authority = Authority("CN=Contoso root");
        await using var named = new LoopbackHttpServer((_, _) => Task.FromResult(new HttpReply(200, [])), Server(authority, "registry.example.com"));
        await using var old = new LoopbackHttpServer((_, _) => Task.FromResult(new HttpReply(200, [])), Server(authority, "localhost", until: DateTimeOffset.UtcNow.AddDays(-1)));

        await Should.ThrowAsync<HttpRequestException>(() => AskAsync(named, Pem(authority)));
        await Should.ThrowAsync<HttpRequestException>(() => AskAsync(old, Pem(authority)));
    }

    [Fact]
    public void A_file_that_is_no_certificate_is_refused_by_name()
    {
        File.WriteAllText(_folder.File("text.pem"), "no certificate");
        File.WriteAllText(_folder.File("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        foreach (var name in new[] { "text.pem", "broken.pem", "missing.pem" })
        {
            var error = Should.Throw<DiagnosticException>(() => PrivateAuthority.Read(_folder.File(name)));
            error.Diagnostic.Code.ShouldBe(DiagnosticCodes.CertificateAuthorityUnusable);
            error.Message.ShouldStartWith($"SupplyChainCertificateAuthorityFile is {_folder.File(name)}, which ");
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> AskAsync(LoopbackHttpServer server, string? authorityFile)
    {
        using var http = RegistryHttp.CreateClient(authorityFile);
        return await http.GetStringAsync($"https://{server.Host}/", TestContext.Current.CancellationToken);
    }

    private string Pem(X509Certificate2 certificate)
    {
        var file = _folder.File(certificate.Thumbprint + ".pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    private X509Certificate2 Server(X509Certificate2 authority, string host, DateTimeOffset? until = null)
    {
        var request = new CertificateRequest($"CN={host}", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-5), until ?? DateTimeOffset.UtcNow.AddDays(5), [1, 2, 3]);
        return issued.CopyWithPrivateKey(_key);
    }
}
