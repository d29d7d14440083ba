using System.Net;

namespace SupplyChain.Core.Stores;

/// <summary>Makes the one HTTP client that all stores of a run share.</summary>
public static class RegistryHttp
{
    /// <summary>
    /// Keep-alive, proxies from the environment (HTTPS_PROXY, NO_PROXY), no cookies, no redirects (the store follows those itself, because a
    /// token must not go along), no decompression (digests are over the bytes as they come).
    /// </summary>
    /// <param name="certificateAuthorityFile">A private certificate authority to be believed too, PEM, absolute path; null: the machine's alone.</param>
    /// <exception cref="Diagnostics.DiagnosticException">SCB0111: it cannot be used.</exception>
    public static HttpClient CreateClient(string? certificateAuthorityFile = null) => new(CreateHandler(certificateAuthorityFile is null ? null : PrivateAuthority.Read(certificateAuthorityFile)), disposeHandler: true)
    {
        // Each request has a limit of its own, by its size.
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultRequestHeaders = { { "User-Agent", "SupplyChain.Build" } },
    };

    internal static SocketsHttpHandler CreateHandler(PrivateAuthority? authority = null) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        Proxy = new ProxyBeyondLoopback(HttpClient.DefaultProxy),
        // Proxies may answer 401 or 407 with schemes of their own; ours are answered by RegistryAuthentication.
        PreAuthenticate = false,
        MaxResponseHeadersLength = 64,
        SslOptions = { RemoteCertificateValidationCallback = authority is null ? null : authority.Accepts },
    };
}

/// <summary>A registry on this machine is never behind a proxy, whether or not NO_PROXY says so: the rule of Docker, and of the tools we run beside.</summary>
internal sealed class ProxyBeyondLoopback(IWebProxy inner) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => inner.Credentials;
        set => inner.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : inner.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || inner.IsBypassed(host);
}
