using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// A shared <c>trivy server</c>: the client reads the image, the server has the database. A client that does not reach its server must not decide by a
/// database of this machine (aquasecurity/trivy#2525), so it gets a cache folder without one.
/// </summary>
/// <param name="Address">http or https, without user information; it stands in reports.</param>
/// <param name="TokenVariable">The environment variable that holds the token; null: the server wants none.</param>
internal sealed record TrivyServer(string Address, string? TokenVariable)
{
    private const int LargestAnswer = 64 * 1024;

    /// <exception cref="DiagnosticException">SCB3008.</exception>
    public static TrivyServer? Read(string? address, string? tokenVariable, bool offline, Func<string, string?> environment)
    {
        if (address is null)
            return null;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp) || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
            throw Unusable("SupplyChainTrivyServer is not the address of a server. Write it with its scheme and without user name, password and query, for example https://trivy.example.com:4954");
        if (offline)
            throw Unusable("SupplyChainTrivyServer and SupplyChainOffline=true exclude each other: a server is asked over the network. Leave one of them out");
        if (tokenVariable is not null && string.IsNullOrEmpty(environment(tokenVariable)))
            throw Unusable($"SupplyChainTrivyServerTokenVariable names the environment variable {SingleLine.Of(tokenVariable, 100)}, which is not set. Set it to the server's token");
        return new TrivyServer(uri.ToString().TrimEnd('/'), tokenVariable);
    }

    /// <summary>The age of the server's database, as it says itself (GET /version); null: it does not say.</summary>
    /// <exception cref="DiagnosticException">SCB3008: nobody answers there.</exception>
    public async Task<DateTimeOffset?> DatabaseTimeAsync(IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var http = RegistryHttp.CreateClient(environment.GetValueOrDefault("TRIVY_CACERT"));
        http.Timeout = TimeSpan.FromSeconds(15);
        http.MaxResponseContentBufferSize = LargestAnswer;
        try
        {
            using var response = await http.GetAsync($"{Address}/version", cancellationToken);
            if (!response.IsSuccessStatusCode)
                return null;
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return document.RootElement.TryGetProperty("VulnerabilityDB", out var database) && database.ValueKind == JsonValueKind.Object
                && database.TryGetProperty("UpdatedAt", out var updated) && updated.TryGetDateTimeOffset(out var time) ? time : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unusable($"the Trivy server {Address} does not answer ({SingleLine.Of(exception.Message, 300).TrimEnd('.')}). Nothing is scanned with a database of this machine in its place. Check the address, the network and any proxy, or leave SupplyChainTrivyServer out", exception);
        }
    }

    private static DiagnosticException Unusable(string what, Exception? cause = null) => new(DiagnosticCodes.TrivyServerUnusable, $"{what}.", cause);
}
