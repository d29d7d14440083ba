using System.Net;
using System.Net.Sockets;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>Stands between a client and a real registry, and cuts a connection after so many bytes of what the client sends; each limit once.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<long> _cuts;
    private readonly int _port;
    private readonly Task _accepting;
    private long _sent;

    public CuttingProxy(string target, params long[] cuts)
    {
        (_cuts, _port) = (new Queue<long>(cuts), int.Parse(target.Split(':')[1]));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>localhost:PORT</summary>
    public string Host => $"localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Bytes that the client has sent in all.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public int CutsLeft
    {
        get
        {
            lock (_cuts)
                return _cuts.Count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Eventually.EndAsync(_accepting);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            await Task.WhenAny(ForwardAsync(client, server), BackAsync(server, client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
    }

    private async Task ForwardAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        long mine = 0;
        int read;
        while ((read = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
        {
            for (var sent = 0; sent < read;)
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            mine += read;
            Interlocked.Add(ref _sent, read);
            lock (_cuts)
            {
                if (_cuts.TryPeek(out var cut) && mine > cut)
                {
                    _cuts.Dequeue();
                    return;
                }
            }
        }
    }

    private async Task BackAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
        {
            for (var sent = 0; sent < read;)
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
        }
    }
}
