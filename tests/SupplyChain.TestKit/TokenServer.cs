using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace SupplyChain.TestKit;

/// <summary>
/// Hands out bearer tokens for a <see cref="DockerRegistry"/> as registries in the field do
/// (https://distribution.github.io/distribution/spec/auth/token/): anonymous clients may pull, <see cref="DockerRegistry.UserName"/> may do everything.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    public const string Service = "test-registry";
    public const string Issuer = "test-token-server";

    private readonly HttpListener _listener = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly ConcurrentQueue<string> _scopes = new();
    private readonly Task _serving;

    private TokenServer(int port)
    {
        Realm = new Uri($"http://localhost:{port}/token");
        _listener.Prefixes.Add($"http://localhost:{port}/");
        _listener.Start();
        var request = new CertificateRequest("CN=test-token-server", _key, HashAlgorithmName.SHA256);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _serving = ServeAsync();
    }

    /// <summary>Where clients ask for tokens.</summary>
    public Uri Realm { get; }

    /// <summary>The certificate that the registry must trust, as PEM.</summary>
    public string Certificate => _certificate.ExportCertificatePem();

    /// <summary>The scopes that were asked for, e.g. "repository:app:pull,push"; empty text for a token without any.</summary>
    public IReadOnlyList<string> RequestedScopes => [.. _scopes];

    public static TokenServer Start()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new TokenServer(port);
    }

    public async ValueTask DisposeAsync()
    {
        // Not Stop and then Close: the second would bind the port once more for a moment, which another test may have by then.
        _listener.Close();
        await Eventually.EndAsync(_serving);
        _certificate.Dispose();
        _key.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // Stopped, or the client went away.
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var scopes = context.Request.QueryString.GetValues("scope")?.SelectMany(scope => scope.Split(' ')).ToArray() ?? [];
        _scopes.Enqueue(string.Join(' ', scopes));
        var given = context.Request.Headers["Authorization"];
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.UserName}:{DockerRegistry.Password}"));
        var response = context.Response;
        if (given is not null && given != expected)
        {
            response.StatusCode = 401;
        }
        else
        {
            response.ContentType = "application/json";
            response.OutputStream.Write(JsonSerializer.SerializeToUtf8Bytes(new { token = Token(scopes, everything: given is not null), expires_in = 300 }));
        }

        response.Close();
    }

    /// <summary>A JSON Web Token as docker-registry checks it: ES256, with the certificate in the header.</summary>
    private string Token(IEnumerable<string> scopes, bool everything)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = new { typ = "JWT", alg = "ES256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } };
        var claims = new
        {
            iss = Issuer,
            sub = everything ? DockerRegistry.UserName : "",
            aud = Service,
            exp = now + 300,
            nbf = now - 30,
            iat = now,
            jti = Guid.NewGuid().ToString("N"),
            access = scopes.Select(scope => Grant(scope, everything)).Where(grant => grant is not null),
        };
        var content = $"{Base64Url(JsonSerializer.SerializeToUtf8Bytes(header))}.{Base64Url(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{content}.{Base64Url(_key.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256))}";
    }

    /// <summary>What is granted of a scope TYPE:NAME:ACTION,ACTION; the name may have a colon in it.</summary>
    private static object? Grant(string scope, bool everything)
    {
        var first = scope.IndexOf(':', StringComparison.Ordinal);
        var last = scope.LastIndexOf(':');
        if (first < 0 || first == last)
            return null;
        var actions = scope[(last + 1)..].Split(',').Where(action => everything || action == "pull");
        return new { type = scope[..first], name = scope[(first + 1)..last], actions };
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
