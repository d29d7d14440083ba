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
        // Proxies may answer 401 or 407 with schemes of their own; ours are answered by RegistryAuthentication.
        PreAuthenticate = false,
        MaxResponseHeadersLength = 64,
    };
}
