using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Answers a registry's challenges: anonymous, Basic (RFC 7617) or Bearer (distribution's token specification: GET, and OAuth2 POST for identity
/// tokens). Tokens are kept until shortly before they expire.
///
/// Where credentials may go: to the registry's own host, or to a token server ("realm") that is
///   1. on the registry's own host, by https (or by the registry's own scheme where that is plain http);
///   2. the published one of a registry that has it elsewhere (Docker Hub, GitLab.com);
///   3. on loopback, when the registry is on loopback;
///   4. on a host that the user has listed as trusted, by https.
/// Anything else is an error (SCB4005) before a byte of them is sent: the realm is text from an answer, and a registry, or whoever
/// answers in its place, must not be able to send a password elsewhere by naming an address. A parent domain is not enough:
/// registries have tenants (a.example-registry.io, b.example-registry.io). Without credentials, any https realm is asked.
/// Tokens go to the registry's own scheme, host and port only; the caller sees to that.
/// </summary>
internal sealed class RegistryAuthentication(
    RegistryEndpoint endpoint,
    ImageReference repository,
    HttpClient http,
    ICredentialSource credentials,
    IReadOnlyCollection<string> trustedHosts,
    RetryPolicy retries,
    SecretMask mask)
{
    /// <summary>Distribution's default and minimum for <c>expires_in</c>, in seconds.</summary>
    private const int ShortestLife = 60;
    private const int LargestAnswer = 1024 * 1024;
    private const string ClientId = "supplychain-build";
    private static readonly TimeSpan TokenTimeLimit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, (AuthenticationHeaderValue Header, DateTimeOffset Until)> _tokens = [];
    private CredentialLookup? _lookup;
    private AuthenticationHeaderValue? _basic;
    private AuthenticationChallenge? _bearer;

    /// <summary>The header for a request, as far as it is known without another challenge; null: send none.</summary>
    public AuthenticationHeaderValue? Header(string scope)
    {
        if (_basic is not null)
            return _basic;
        lock (_tokens)
            return _tokens.TryGetValue(scope, out var token) && token.Until > retries.Clock.GetUtcNow() ? token.Header : null;
    }

    /// <summary>Reads the challenge of a 401 answer. True: <see cref="Header"/> has something new, try again.</summary>
    /// <param name="used">What the refused request carried.</param>
    public async Task<bool> AnswerAsync(HttpResponseMessage refusal, string scope, AuthenticationHeaderValue? used, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Another request may have been through this while we waited.
            if (Header(scope) is { } current && !Equals(current, used))
                return true;
            var challenges = AuthenticationChallenge.Parse(
                refusal.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? values : []);
            _lookup ??= await LookUpAsync(cancellationToken);
            if (challenges.FirstOrDefault(c => c.Is("Bearer")) is { } bearer)
            {
                _bearer = bearer;
                var header = _lookup.Credential?.RegistryToken is { } ready
                    ? (Bearer(ready), DateTimeOffset.MaxValue)
                    : await retries.RunAsync((_, token) => FetchTokenAsync(bearer, scope, token), cancellationToken);
                lock (_tokens)
                    _tokens[scope] = header;
                return !Equals(header.Item1, used);
            }
            if (challenges.Any(c => c.Is("Basic")) && used is null && _lookup.Credential is { UserName: { } user, Password: { } password })
            {
                _basic = Basic(user, password);
                return true;
            }
            return false;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>SCB4002, with where the credentials came from and what to do.</summary>
    public DiagnosticException Refused(string what, HttpStatusCode status)
    {
        var found = _lookup?.Credential is not null;
        var account = found ? $"the credentials from {_lookup!.Explanation}" : "access without credentials";
        var why = found || _lookup is null ? "" : $"; {_lookup.Explanation}";
        var right = status == HttpStatusCode.Forbidden ? $" Make sure that this account may push to {repository.Repository}, or l" : " L";
        return new DiagnosticException(
            DiagnosticCodes.RegistryRefusedCredentials,
            mask.Apply($"{endpoint.Name} refused {account} ({(int)status}){why}: {what}.{right}og in with docker login {endpoint.Name}, or set DOTNET_CONTAINER_PUSH_REGISTRY_UNAME and DOTNET_CONTAINER_PUSH_REGISTRY_PWORD."));
    }

    private async Task<CredentialLookup> LookUpAsync(CancellationToken cancellationToken)
    {
        var lookup = await credentials.FindAsync(repository, cancellationToken);
        if (lookup.Credential is { } credential)
        {
            mask.Add(credential.Password);
            mask.Add(credential.IdentityToken);
            mask.Add(credential.RegistryToken);
            if (credential is { UserName: { } user, Password: { } password })
                mask.Add(Basic(user, password).Parameter);
        }
        return lookup;
    }

    private async Task<(AuthenticationHeaderValue, DateTimeOffset)> FetchTokenAsync(AuthenticationChallenge challenge, string scope, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(challenge["realm"], UriKind.Absolute, out var realm) || (realm.Scheme != Uri.UriSchemeHttps && realm.Scheme != Uri.UriSchemeHttp))
            throw Unusable($"asks for a token from '{SingleLine.Of(challenge["realm"], 300)}', which is not an address");
        var credential = _lookup!.Credential;
        if (credential is not null ? !MaySendCredentials(realm) : !endpoint.MayLeadTo(realm))
            throw NotTrusted(realm);
        // Ours, and what the registry names besides: some ask for a scope of their own.
        var scopes = scope.Split(' ').Concat((challenge["scope"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(s => !s.StartsWith($"repository:{repository.Repository}:", StringComparison.Ordinal))).Distinct().ToArray();

        if (credential?.IdentityToken is { } identity)
            return await AskAsync(realm, () => Post(realm, challenge, scopes, [new("grant_type", "refresh_token"), new("refresh_token", identity)]), cancellationToken)
                ?? throw Unusable($"takes no identity token at {RegistryErrors.Address(realm)}");
        var basic = credential is { UserName: { } user, Password: { } password } ? Basic(user, password) : null;
        return await AskAsync(realm, () => Get(realm, challenge, scopes, basic), cancellationToken)
            // A server that knows only the OAuth2 form says so by 404 or 405.
            ?? (basic is null ? null : await AskAsync(
                realm,
                () => Post(realm, challenge, scopes, [new("grant_type", "password"), new("username", credential!.UserName!), new("password", credential.Password!)]),
                cancellationToken))
            ?? throw Unusable($"names {RegistryErrors.Address(realm)} as its token server, which knows no such request");
    }

    private bool MaySendCredentials(Uri realm)
    {
        var secure = realm.Scheme == Uri.UriSchemeHttps;
        if (string.Equals(realm.IdnHost, endpoint.Base.IdnHost, StringComparison.OrdinalIgnoreCase) && (secure || endpoint.IsOwn(realm)))
            return true;
        if (endpoint.IsLoopback && realm.IsLoopback)
            return true;
        return secure && (
            (endpoint.Base.Host, realm.Host) is ("registry-1.docker.io", "auth.docker.io") or ("registry.gitlab.com", "gitlab.com")
            || trustedHosts.Any(host => string.Equals(host, realm.IdnHost, StringComparison.OrdinalIgnoreCase) || string.Equals(host, realm.Authority, StringComparison.OrdinalIgnoreCase)));
    }

    private static HttpRequestMessage Get(Uri realm, AuthenticationChallenge challenge, string[] scopes, AuthenticationHeaderValue? basic)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query + "&" : "?");
        if (challenge["service"] is { } service)
            query.Append("service=").Append(Uri.EscapeDataString(service)).Append('&');
        foreach (var scope in scopes)
            query.Append("scope=").Append(Uri.EscapeDataString(scope)).Append('&');
        query.Append("client_id=").Append(ClientId);
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString(), UserName = "", Password = "", Fragment = "" }.Uri);
        request.Headers.Authorization = basic;
        return request;
    }

    private static HttpRequestMessage Post(Uri realm, AuthenticationChallenge challenge, string[] scopes, IEnumerable<KeyValuePair<string, string>> grant) =>
        new(HttpMethod.Post, new UriBuilder(realm) { UserName = "", Password = "", Fragment = "" }.Uri)
        {
            Content = new FormUrlEncodedContent(
            [
                .. grant,
                new("service", challenge["service"] ?? ""),
                new("scope", string.Join(' ', scopes)),
                new("client_id", ClientId),
                new("access_type", "offline"),
            ]),
        };

    /// <summary>Null: this server does not know such a request (404, 405).</summary>
    private async Task<(AuthenticationHeaderValue, DateTimeOffset)?> AskAsync(Uri realm, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TokenTimeLimit, retries.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = make();
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
                return null;
            var body = await BoundedBody.ReadAsync(response.Content, LargestAnswer, linked.Token);
            if (response.IsSuccessStatusCode)
                return Read(body);
            var failure = $"the token server {RegistryErrors.Address(realm)} answered {RegistryErrors.Describe(response.StatusCode, body, mask)}";
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
                throw Refused(failure, response.StatusCode);
            var final = new DiagnosticException(DiagnosticCodes.RegistryError, mask.Apply($"{endpoint.Name}: {failure}. Try again later, or ask whoever runs the registry."));
            if (!RegistryErrors.MayPass(response.StatusCode))
                throw final;
            throw new RegistryFault(final) { RetryAfter = RegistryErrors.RetryAfter(response, retries.Clock) };
        }
        catch (Exception e) when (RegistryErrors.IsConnectionFailure(e, cancellationToken))
        {
            throw RegistryErrors.Unreachable(endpoint, realm, HttpMethod.Get, e, mask);
        }
    }

    private (AuthenticationHeaderValue, DateTimeOffset) Read(byte[]? body)
    {
        try
        {
            using var document = JsonDocument.Parse(body ?? []);
            var root = document.RootElement;
            var token = Text(root, "token") ?? Text(root, "access_token");
            // What is sent on in a header must be fit for one (RFC 6750, 2.1).
            if (string.IsNullOrEmpty(token) || token.Any(c => c is <= ' ' or > '~'))
                throw Unusable("sent no usable token");
            mask.Add(token);
            var seconds = root.TryGetProperty("expires_in", out var expires) && expires.ValueKind == JsonValueKind.Number && expires.TryGetInt32(out var given)
                ? Math.Clamp(given, ShortestLife, 24 * 3600)
                : ShortestLife;
            // A tenth early: a token must not expire between this check and the registry's. The server's issued_at is not used, its clock may differ from ours.
            return (Bearer(token), retries.Clock.GetUtcNow().AddSeconds(seconds * 0.9));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Unusable("sent a token answer that is not JSON");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private DiagnosticException NotTrusted(Uri realm) => new(
        DiagnosticCodes.AuthenticationHostNotTrusted,
        mask.Apply($"{endpoint.Name} asks to be logged in to at {RegistryErrors.Address(realm)}, which is {(realm.Scheme == Uri.UriSchemeHttps ? "not its own host" : "not protected by https")}; nothing was sent there. If that server belongs to the registry, add <SupplyChainTrustedAuthenticationHost Include=\"{SingleLine.Of(realm.IdnHost, 300)}\" />; it must be reached by https."));

    private DiagnosticException Unusable(string what) => new(
        DiagnosticCodes.RegistryError,
        mask.Apply($"{endpoint.Name} {what}. Check ContainerRegistry, and any proxy in between; or ask whoever runs the registry."));
}
