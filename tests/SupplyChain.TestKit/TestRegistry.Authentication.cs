using System.Collections.Concurrent;
using System.Text;

namespace SupplyChain.TestKit;

/// <summary>Who may do what: HTTP basic authentication, or bearer tokens from /token (distribution's token specification).</summary>
internal sealed partial class TestRegistry
{
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private int _tokenNumber;

    /// <summary>Every token given so far is refused from now on.</summary>
    public void ExpireTokens() => _tokens.Clear();

    /// <summary>Null: let it pass.</summary>
    private HttpReply? Refusal(HttpCall call)
    {
        if (call.Path == "/token" || (_options.Account is null && !_options.Tokens))
            return null;
        if (!_options.Tokens)
            return call.Authorization == Basic(_options.Account!.Value) ? null : Error(401, "UNAUTHORIZED", "authentication required", ("WWW-Authenticate", "Basic realm=\"registry, main\""));
        var parts = call.Path["/v2/".Length..].Split("/blobs/")[0].Split("/manifests/")[0].Split("/referrers/")[0].Split("/tags/")[0];
        var action = call.Method is "GET" or "HEAD" ? "pull" : "push";
        if (call.Authorization?.StartsWith("Bearer ", StringComparison.Ordinal) == true && _tokens.TryGetValue(call.Authorization["Bearer ".Length..], out var scopes)
            && scopes.Split(' ').Any(s => s.StartsWith($"repository:{parts}:", StringComparison.Ordinal) && s.Split(':')[^1].Split(',').Contains(action)))
        {
            return null;
        }
        return Error(
            401,
            "UNAUTHORIZED",
            "authentication required",
            ("WWW-Authenticate", $"Bearer realm=\"{_options.Realm ?? $"http://{Host}/token"}\",service=\"test, registry\",scope=\"repository:{parts}:pull,push registry:catalog:*\",error=\"invalid_token\""));
    }

    private async Task<HttpReply> TokenAsync(HttpCall call, CancellationToken cancellationToken)
    {
        string[] scopes;
        if (call.Method == "GET")
        {
            if (_options.IdentityToken is not null)
                return Error(405, "UNSUPPORTED", "method not allowed");
            if (_options.Account is { } account && call.Authorization != Basic(account))
                return Error(401, "UNAUTHORIZED", "incorrect username or password");
            scopes = call.Target.Split('?')[1].Split('&').Where(p => p.StartsWith("scope=", StringComparison.Ordinal)).Select(p => Uri.UnescapeDataString(p[6..])).ToArray();
        }
        else
        {
            var form = Encoding.UTF8.GetString(await call.ReadBodyAsync(cancellationToken)).Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1].Replace('+', ' ')));
            var right = form["grant_type"] switch
            {
                "refresh_token" => _options.IdentityToken is { } identity && form["refresh_token"] == identity,
                "password" => _options.Account is { } account && form["username"] == account.User && form["password"] == account.Password,
                _ => false,
            };
            if (!right)
                return new HttpReply(400, """{"error":"invalid_grant"}"""u8.ToArray(), ("Content-Type", "application/json"));
            scopes = form["scope"].Split(' ');
        }
        var token = $"token-{Interlocked.Increment(ref _tokenNumber)}-of-the-test-registry";
        _tokens[token] = string.Join(' ', scopes);
        return new HttpReply(200, Encoding.UTF8.GetBytes($$"""{"token":"{{token}}","expires_in":300}"""), ("Content-Type", "application/json"));
    }

    private static string Basic((string User, string Password) account) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.User}:{account.Password}"));
}
