using System.Globalization;
using System.Net;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>
/// Official releases, or a mirror that is laid out as github.com is. Redirects are followed without anything that could be a secret, because the
/// pinned hash decides; but never from https to http, and from GitHub only to GitHub's own hosts.
/// </summary>
/// <param name="http">Follows no redirects by itself.</param>
/// <param name="address">Ends with a slash.</param>
internal sealed class HttpToolSource(HttpClient http, Uri address, TimeSpan answerLimit) : IToolSource
{
    public static readonly Uri Official = new("https://github.com/");

    private const int MostRedirects = 5;

    public string Describe(string path) => new Uri(address, path).AbsoluteUri;

    public async Task<SourceFile?> OpenAsync(string path, string? sha256, CancellationToken cancellationToken)
    {
        var uri = new Uri(address, path);
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            var response = await AskAsync(uri, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                return new SourceFile(await response.Content.ReadAsStreamAsync(cancellationToken), response.Content.Headers.ContentLength);
            using (response)
            {
                if ((int)response.StatusCode is 404 or 410)
                    return null;
                uri = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 ? Next(uri, response.Headers.Location) : throw Answered(uri, response);
            }
        }
        throw new DownloadFault($"it leads on more than {MostRedirects} times", passing: false);
    }

    private async Task<HttpResponseMessage> AskAsync(Uri uri, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(answerLimit);
        try
        {
            return await http.SendAsync(new HttpRequestMessage(HttpMethod.Get, uri), HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadFault(string.Create(CultureInfo.InvariantCulture, $"{uri.Host} gave no answer within {answerLimit.TotalSeconds:0.#} s"), passing: true, e);
        }
        catch (HttpRequestException e)
        {
            throw new DownloadFault($"{uri.Host}: {SingleLine.Of((e.InnerException ?? e).Message, 300)}", passing: e.StatusCode is null, e);
        }
    }

    private Uri Next(Uri from, Uri? location)
    {
        var to = location is null ? throw new DownloadFault($"{from.Host} leads on to nowhere", passing: false) : new Uri(from, location);
        var harmless = to.Scheme == Uri.UriSchemeHttps || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp && to.IsLoopback && from.IsLoopback);
        if (!harmless || (address == Official && !IsGitHub(to.Host)))
            throw new DownloadFault($"{from.Host} leads on to {SingleLine.Of(to.GetLeftPart(UriPartial.Authority), 200)}, which is {(harmless ? "none of GitHub's hosts" : "not reached by https")}", passing: false);
        return to;
    }

    private static bool IsGitHub(string host) => host == "github.com" || host.EndsWith(".githubusercontent.com", StringComparison.Ordinal);

    private static DownloadFault Answered(Uri uri, HttpResponseMessage response) => new(
        string.Create(CultureInfo.InvariantCulture, $"{uri.Host} answered {(int)response.StatusCode} {SingleLine.Of(response.ReasonPhrase, 100)}").TrimEnd(),
        passing: (int)response.StatusCode is >= 500 or 408 or 429);

    public void Dispose() => http.Dispose();
}
