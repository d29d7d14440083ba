using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Stores;

/// <summary>Turns what went wrong between us and a registry into words, and says whether it may pass.</summary>
internal static class RegistryErrors
{
    /// <summary>408, 429 and 5xx, but not 501: what is not implemented now will not be in a second.</summary>
    public static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || ((int)status >= 500 && status != HttpStatusCode.NotImplemented);

    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider clock)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - clock.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary><c>404 MANIFEST_UNKNOWN: manifest unknown</c>; the status alone where the body is not the specification's error document.</summary>
    /// <param name="mask">Applied before the text is cut: half a secret would no longer be recognised.</param>
    public static string Describe(HttpStatusCode status, byte[]? body, SecretMask mask)
    {
        var (code, message) = First(body);
        var text = $"{(int)status}{(code is null ? $" {status}" : $" {SingleLine.Of(mask.Apply(code), 300)}")}";
        return string.IsNullOrEmpty(message) ? text : $"{text} ({SingleLine.Of(mask.Apply(message), 300).TrimEnd('.')})";
    }

    /// <summary>Whether the error document has this code, for example <c>TAG_INVALID</c>.</summary>
    public static bool Has(byte[]? body, string code) => string.Equals(First(body).Code, code, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the registry's own words say that a tag cannot be moved. Harbor: 412; ECR: TAG_INVALID; Docker Hub: 403.</summary>
    public static bool SaysImmutable(HttpStatusCode status, byte[]? body)
    {
        var (code, message) = First(body);
        return (int)status is >= 400 and < 500
            && (string.Equals(code, "TAG_INVALID", StringComparison.OrdinalIgnoreCase)
                || message?.Contains("immutable", StringComparison.OrdinalIgnoreCase) == true
                || message?.Contains("cannot be overwritten", StringComparison.OrdinalIgnoreCase) == true);
    }

    /// <summary>
    /// Scheme, host and path alone: a query can hold an upload ticket or a signed storage URL, and user information a password.
    /// </summary>
    public static string Address(Uri uri) => SingleLine.Of(uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), 300);

    public static bool IsConnectionFailure(Exception exception, CancellationToken callers) =>
        exception is HttpRequestException or IOException || (exception is OperationCanceledException && !callers.IsCancellationRequested);

    /// <summary>A fault with SCB4001. A wrong name or an untrusted certificate is not tried again, a refused connection a few times only.</summary>
    public static RegistryFault Unreachable(RegistryEndpoint endpoint, Uri uri, HttpMethod method, Exception exception, SecretMask mask)
    {
        var socket = Find<SocketException>(exception);
        var (why, advice, retries) = exception switch
        {
            OperationCanceledException => ("there was no answer in time", "Check the network and any proxy (HTTPS_PROXY, NO_PROXY)", (int?)null),
            _ when socket?.SocketErrorCode == SocketError.HostNotFound => ("there is no host of this name", "Check the spelling of ContainerRegistry, and any proxy (HTTPS_PROXY, NO_PROXY)", 0),
            _ when socket?.SocketErrorCode == SocketError.ConnectionRefused => ("nothing listens there", "Check host and port of ContainerRegistry, and that the registry runs", 3),
            _ when Find<AuthenticationException>(exception) is not null || exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => (
                $"no trusted https connection could be made ({SingleLine.Of(Innermost(exception).Message, 300).TrimEnd('.')})",
                $"For a private certificate authority, let this machine trust it (on Linux SSL_CERT_FILE does as well); for a registry without https add {SingleLine.Of(endpoint.Name, 300)} to {RegistryEndpoint.InsecureRegistriesVariable}",
                // A certificate stays what it is; a handshake that broke off may work the next time.
                Find<AuthenticationException>(exception) is null ? 2 : 0),
            _ => (SingleLine.Of((exception.InnerException ?? exception).Message, 300).TrimEnd('.'), "Check the network and any proxy (HTTPS_PROXY, NO_PROXY)", null),
        };
        return new RegistryFault(new DiagnosticException(
            DiagnosticCodes.RegistryUnreachable,
            mask.Apply($"{endpoint.Name} could not be reached ({method} {Address(uri)}): {why}. {advice}."),
            exception))
        {
            ConnectionBroke = true,
            Retries = retries,
        };
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
                return found;
        }
        return null;
    }

    private static (string? Code, string? Message) First(byte[]? body)
    {
        if (body is null or [])
            return default;
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
                && errors[0] is { ValueKind: JsonValueKind.Object } first)
            {
                return (Text(first, "code"), Text(first, "message"));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A proxy's page of HTML, for example: the status says enough.
        }
        return default;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
