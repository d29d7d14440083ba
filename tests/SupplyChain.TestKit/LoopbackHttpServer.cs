using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SupplyChain.TestKit;

/// <summary>One request as it came in. Header names are without regard to case; the last value of a repeated one stands.</summary>
internal sealed record HttpCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, Func<long, CancellationToken, Task<byte[]>> ReadBody)
{
    public string Path => Target.Split('?')[0];

    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    public string? Query(string name) => Target.Split('?', 2).ElementAtOrDefault(1)?.Split('&')
        .Select(pair => pair.Split('=', 2))
        .FirstOrDefault(pair => pair[0] == name)?.ElementAtOrDefault(1) is { } value ? Uri.UnescapeDataString(value) : null;

    public Task<byte[]> ReadBodyAsync(CancellationToken cancellationToken) => ReadBody(long.MaxValue, cancellationToken);
}

/// <summary>The answer to one request, with ways to break it.</summary>
internal sealed record HttpReply(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    /// <summary>Closes the connection after this many bytes of the body, though Content-Length promised all.</summary>
    public int? TruncateAfter { get; init; }

    /// <summary>The body is the content of this file, and not held in memory.</summary>
    public string? File { get; init; }

    /// <summary>Sends one byte of the body each time this has passed: a server that never ends and never breaks off.</summary>
    public TimeSpan? Drip { get; init; }

    /// <summary>No answer: the connection is reset after this many bytes of the request's body were read.</summary>
    public long? ResetAfter { get; init; }

    public static HttpReply Reset(long afterBytes = 0) => new(0, []) { ResetAfter = afterBytes };

    public HttpReply With(string name, string value) => this with { Headers = [.. Headers.Where(h => h.Name != name), (name, value)] };

    public HttpReply Without(string name) => this with { Headers = [.. Headers.Where(h => h.Name != name)] };
}

/// <summary>
/// A small HTTP/1.1 server on a free loopback port, under full control: keep-alive, bodies with Content-Length or in chunks, answers that break off.
/// </summary>
internal sealed class LoopbackHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly Func<HttpCall, CancellationToken, Task<HttpReply>> _answer;
    private readonly Task _accepting;

    private readonly X509Certificate2? _certificate;

    /// <param name="certificate">With its private key: HTTPS; null: HTTP.</param>
    public LoopbackHttpServer(Func<HttpCall, CancellationToken, Task<HttpReply>> answer, X509Certificate2? certificate = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>localhost:PORT</summary>
    public string Host => string.Create(CultureInfo.InvariantCulture, $"localhost:{Port}");

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var socket in _connections.Keys)
            socket.Dispose();
        await Eventually.EndAsync(Task.WhenAll([_accepting, .. _connections.Values]));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _connections[socket] = Task.Run(() => ServeAsync(socket), CancellationToken.None);
            }
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is (OperationCanceledException or SocketException or InvalidOperationException))
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            Stream connection = new NetworkStream(socket, ownsSocket: true);
            if (_certificate is not null)
            {
                var secured = new SslStream(connection);
                await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                connection = secured;
            }
            await using var stream = new BufferedStream(connection, 64 * 1024);
            while (await ReadCallAsync(stream) is { } call)
            {
                var reply = await _answer(call, _stop.Token);
                if (reply.ResetAfter is { } bytes)
                {
                    await call.ReadBody(bytes, _stop.Token);
                    // An immediate close with unsent data dropped: the other side sees a reset.
                    socket.LingerState = new LingerOption(true, 0);
                    socket.Close();
                    return;
                }
                await call.ReadBodyAsync(_stop.Token);
                await WriteAsync(stream, call.Method, reply);
                if (reply.TruncateAfter is not null)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or AuthenticationException)
        {
            // The client went away, or the test is over.
        }
        finally
        {
            _connections.TryRemove(socket, out _);
        }
    }

    private async Task<HttpCall?> ReadCallAsync(Stream stream)
    {
        if (await LineAsync(stream, mayEnd: true) is not { Length: > 0 } first)
            return null;
        var parts = first.Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(stream) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        var body = new MemoryStream();
        var left = headers.TryGetValue("Content-Length", out var length) ? long.Parse(length, CultureInfo.InvariantCulture) : 0;
        var chunked = headers.GetValueOrDefault("Transfer-Encoding") == "chunked";
        // What is asked of a proxy has the whole address (RFC 9112, 3.2.2).
        var target = parts[1].StartsWith("http://", StringComparison.Ordinal) ? new Uri(parts[1]).PathAndQuery : parts[1];
        return new HttpCall(parts[0], target, headers, async (most, token) =>
        {
            var buffer = new byte[64 * 1024];
            while (body.Length < most && (left > 0 || chunked))
            {
                if (chunked && left == 0)
                {
                    left = long.Parse((await LineAsync(stream))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    if (left == 0)
                    {
                        await LineAsync(stream);
                        chunked = false;
                        break;
                    }
                }
                var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, Math.Min(left, most - body.Length))), token);
                if (read == 0)
                    throw new IOException("The request broke off.");
                body.Write(buffer, 0, read);
                left -= read;
                if (chunked && left == 0)
                    await LineAsync(stream);
            }
            return body.ToArray();
        });
    }

    /// <param name="mayEnd">Between two requests the client may go away: null.</param>
    /// <exception cref="IOException">It went away within one: a process that was killed, for example.</exception>
    private async Task<string?> LineAsync(Stream stream, bool mayEnd = false)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) == 1)
        {
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
        return mayEnd && line.Length == 0 ? null : throw new IOException("The request broke off.");
    }

    private async Task WriteAsync(Stream stream, string method, HttpReply reply)
    {
        var head = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} Test\r\n"));
        foreach (var (name, value) in reply.Headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (reply.Headers.All(h => h.Name != "Content-Length") && reply.Status is not (204 or 304))
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {(reply.File is { } named ? new FileInfo(named).Length : reply.Body.Length)}\r\n");
        head.Append("\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), _stop.Token);
        for (var sent = 0; reply.Drip is { } pause && sent < reply.Body.Length; sent++)
        {
            await stream.WriteAsync(reply.Body.AsMemory(sent, 1), _stop.Token);
            await stream.FlushAsync(_stop.Token);
            await Task.Delay(pause, _stop.Token);
        }
        if (method != "HEAD" && reply.File is { } path)
        {
            await using var file = File.OpenRead(path);
            await file.CopyToAsync(stream, _stop.Token);
        }
        else if (method != "HEAD" && reply.Drip is null)
            await stream.WriteAsync(reply.Body.AsMemory(0, Math.Min(reply.TruncateAfter ?? int.MaxValue, reply.Body.Length)), _stop.Token);
        await stream.FlushAsync(_stop.Token);
    }
}
