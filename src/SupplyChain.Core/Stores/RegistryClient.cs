using System.Globalization;
using System.Net;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>One request to a registry. It may be sent several times, so the content is made anew each time.</summary>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri)
{
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Header Accept, comma-separated.</summary>
    public string? Accept { get; init; }

    /// <summary>Further headers, sent as they stand.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>A second scope beside the repository's own, when the request reads from another repository.</summary>
    public string? OtherScope { get; init; }

    /// <summary>For one attempt, from the first byte sent to the last byte read.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>An answer, read to its end. <see cref="Body"/> is null where it was longer than the caller allowed.</summary>
internal sealed record RegistryAnswer(HttpResponseMessage Response, byte[]? Body)
{
    public HttpStatusCode Status => Response.StatusCode;

    public bool IsSuccess => Response.IsSuccessStatusCode;

    public string? Header(string name) =>
        Response.Headers.NonValidated.TryGetValues(name, out var values) || Response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString()
            : null;
}

/// <summary>
/// Sends requests to one repository of a registry: authentication, redirects, time limits, and which failures may pass.
/// Redirects are followed here and not by the handler, which would not know where tokens may go.
/// </summary>
internal sealed class RegistryClient(RegistryEndpoint endpoint, ImageReference repository, HttpClient http, RegistryAuthentication authentication, string scope, RetryPolicy retries, SecretMask mask)
{
    /// <summary>Manifests and other documents: the size that registries accept at least (OCI distribution 1.1, "Pushing manifests").</summary>
    public const int LargestDocument = 4 * 1024 * 1024;
    private const int LargestError = 64 * 1024;
    private const int MostRedirects = 5;
    private const int MostChallenges = 2;

    public RegistryEndpoint Endpoint => endpoint;

    public RetryPolicy Retries => retries;

    public Uri Address(string path) => new(endpoint.Base, $"v2/{repository.Repository}/{path}");

    /// <summary>Sends, reads the answer, and tries again where that makes sense. Any status but 401 is the caller's to judge.</summary>
    public Task<RegistryAnswer> AskAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        retries.RunAsync((_, token) => AskOnceAsync(request, token), cancellationToken);

    /// <exception cref="RegistryFault">The failure may pass.</exception>
    public async Task<RegistryAnswer> AskOnceAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(request.TimeLimit, retries.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await SendAsync(request, linked.Token);
            var body = request.Method == HttpMethod.Head
                ? []
                : await BoundedBody.ReadAsync(response.Content, response.IsSuccessStatusCode ? LargestDocument : LargestError, linked.Token);
            var answer = new RegistryAnswer(response, body);
            if (RegistryErrors.MayPass(answer.Status))
                throw new RegistryFault(Failure(request, answer)) { RetryAfter = RegistryErrors.RetryAfter(response, retries.Clock) };
            return answer.Status == HttpStatusCode.Unauthorized ? throw Failure(request, answer) : answer;
        }
        catch (Exception e) when (RegistryErrors.IsConnectionFailure(e, cancellationToken))
        {
            throw RegistryErrors.Unreachable(endpoint, request.Uri, request.Method, e, mask);
        }
    }

    /// <summary>Opens the body as a stream, for content of any size. Success statuses only; null when it is not there (404).</summary>
    public Task<HttpResponseMessage?> OpenAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        retries.RunAsync<HttpResponseMessage?>(
            async (_, token) =>
            {
                try
                {
                    var response = await SendAsync(request, token);
                    if (response.IsSuccessStatusCode)
                        return response;
                    using (response)
                    {
                        var answer = new RegistryAnswer(response, await BoundedBody.ReadAsync(response.Content, LargestError, token));
                        return answer.Status == HttpStatusCode.NotFound ? null
                            : RegistryErrors.MayPass(answer.Status)
                                ? throw new RegistryFault(Failure(request, answer)) { RetryAfter = RegistryErrors.RetryAfter(response, retries.Clock) }
                                : throw Failure(request, answer);
                    }
                }
                catch (Exception e) when (RegistryErrors.IsConnectionFailure(e, token))
                {
                    throw RegistryErrors.Unreachable(endpoint, request.Uri, request.Method, e, mask);
                }
            },
            cancellationToken);

    /// <summary>SCB4002 or SCB4003: method, address without its query, status, and the registry's own code and message.</summary>
    public DiagnosticException Failure(RegistryRequest request, RegistryAnswer answer, string? advice = null)
    {
        var what = $"{request.Method} {RegistryErrors.Address(request.Uri)}: {Describe(answer)}";
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return authentication.Refused(what, answer.Status);
        advice ??= answer.Status switch
        {
            HttpStatusCode.NotFound => "Check ContainerRegistry and ContainerRepository: some registries want the repository to be made first",
            HttpStatusCode.TooManyRequests => "The registry limits how often it may be asked: wait, or log in with an account that may ask more often",
            HttpStatusCode.RequestEntityTooLarge => "The registry, or a proxy before it, limits the size of a request: raise that limit",
            >= HttpStatusCode.InternalServerError => "The registry has a fault of its own: try again later, its log says more",
            >= HttpStatusCode.Moved and < HttpStatusCode.BadRequest => "Use the address that the registry redirects to as ContainerRegistry",
            _ => "The registry's log says more",
        };
        return new DiagnosticException(DiagnosticCodes.RegistryError, mask.Apply($"{endpoint.Name} answered {what}. {advice}."));
    }

    /// <summary>Status, and the registry's own code and message.</summary>
    public string Describe(RegistryAnswer answer) => RegistryErrors.Describe(answer.Status, answer.Body, mask);

    public DiagnosticException Failure(DiagnosticCode code, string message) => new(code, mask.Apply(message));

    /// <summary>
    /// Where an upload goes on (header Location; absolute or relative, its query belongs to it). The registry's own host by its plain name is
    /// taken as https where we came by https: registries behind a TLS proxy often do not know their own scheme.
    /// </summary>
    public Uri UploadAddress(RegistryRequest request, RegistryAnswer answer)
    {
        var text = answer.Header("Location");
        if (string.IsNullOrEmpty(text) || !Uri.TryCreate(request.Uri, text, out var uri))
            throw Failure(DiagnosticCodes.RegistryError, $"{endpoint.Name} answered {request.Method} {RegistryErrors.Address(request.Uri)} without a usable Location. Check any proxy in between; the registry's log says more.");
        if (uri.Scheme == Uri.UriSchemeHttp && endpoint.Base.Scheme == Uri.UriSchemeHttps && uri.Host == endpoint.Base.Host && (uri.IsDefaultPort || uri.Port == endpoint.Base.Port))
            uri = new UriBuilder(uri) { Scheme = Uri.UriSchemeHttps, Port = endpoint.Base.Port }.Uri;
        if (!endpoint.MayLeadTo(uri))
            throw Failure(DiagnosticCodes.RegistryError, $"{endpoint.Name} wants the upload to go to {RegistryErrors.Address(uri)}, which is not protected by https. Nothing was sent there. Check the registry's external address in its own settings.");
        return uri;
    }

    /// <summary>Where a list goes on (RFC 8288: <c>Link: &lt;/v2/…?n=…&amp;last=…&gt;; rel="next"</c>); null: it ends here.</summary>
    /// <param name="list">For people: <c>the list of tags</c>.</param>
    public Uri? NextPage(RegistryRequest request, RegistryAnswer answer, string list)
    {
        var link = answer.Header("Link");
        if (link is null || !link.Contains("next", StringComparison.Ordinal) || link.IndexOf('<') is var start && start < 0 || link.IndexOf('>', start) is var end && end < 0)
            return null;
        if (Uri.TryCreate(request.Uri, link[(start + 1)..end], out var next) && endpoint.IsOwn(next))
            return next;
        throw Failure(DiagnosticCodes.RegistryError, $"{endpoint.Name} continues {list} on another host. It was not followed. Check the registry's external address in its own settings.");
    }

    private async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var uri = request.Uri;
        var wanted = request.OtherScope is null ? scope : $"{scope} {request.OtherScope}";
        int redirects = 0, challenges = 0;
        while (true)
        {
            // The token is the registry's: no other host gets it, whoever sends us there.
            var own = endpoint.IsOwn(uri);
            var header = own ? authentication.Header(wanted) : null;
            using var message = new HttpRequestMessage(request.Method, uri) { Content = request.Content?.Invoke() };
            message.Headers.Authorization = header;
            if (request.Accept is not null)
                message.Headers.TryAddWithoutValidation("Accept", request.Accept);
            foreach (var (name, value) in request.Headers)
                message.Headers.TryAddWithoutValidation(name, value);
            var began = retries.Clock.GetTimestamp();
            var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            // Every attempt, also the refused and the redirected ones; those without an answer are logged where it is decided what becomes of them.
            retries.Log(string.Create(CultureInfo.InvariantCulture, $"{request.Method} {RegistryErrors.Address(uri)}: {(int)response.StatusCode} in {retries.Clock.GetElapsedTime(began).TotalSeconds:0.00} s"));
            try
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized && own && challenges++ < MostChallenges
                    && await authentication.AnswerAsync(response, wanted, header, cancellationToken))
                {
                    response.Dispose();
                    continue;
                }
                if (NextAddress(request, response, uri) is { } next && redirects++ < MostRedirects)
                {
                    response.Dispose();
                    uri = next;
                    continue;
                }
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    /// <summary>Reads are often redirected to blob storage. Writes are not followed: their answer says so.</summary>
    private Uri? NextAddress(RegistryRequest request, HttpResponseMessage response, Uri from)
    {
        if ((request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
            || response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location
            || !Uri.TryCreate(from, location, out var next))
        {
            return null;
        }
        return endpoint.MayLeadTo(next)
            ? next
            : throw Failure(DiagnosticCodes.RegistryError, $"{endpoint.Name} redirects {request.Method} {RegistryErrors.Address(request.Uri)} to {RegistryErrors.Address(next)}, which is not protected by https. It was not followed. Check the registry's external address in its own settings.");
    }
}
