using System.Net;

namespace SupplyChain.Core.Stores;

/// <summary>Makes the one HTTP client that all stores of a run share.</summary>
public static class RegistryHttp
{
    /// <summary>
    /// Keep-alive, proxies from the environment (HTTPS_PROXY, NO_PROXY), no cookies, no redirects (the store follows those itself, because a
    /// token must not go along), no decompression (digests are over the bytes as they come).
    /// </summary>
    public static HttpClient CreateClient() => new(CreateHandler(), disposeHandler: true)
    {
        // Each request has a limit of its own, by its size.
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultRequestHeaders = { { "User-Agent", "SupplyChain.Build" } },
    };

    internal static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        Proxy = new ProxyBeyondLoopback(HttpClient.DefaultProxy),
        // Proxies may answer 401 or 407 with schemes of their own; ours are answered by RegistryAuthentication.
        PreAuthenticate = false,
        MaxResponseHeadersLength = 64,
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
