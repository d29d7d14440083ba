using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SupplyChain.TestKit;

/// <summary>How a <see cref="DockerRegistry"/> is set up; by default it starts empty and lets everybody in.</summary>
internal sealed record DockerRegistryOptions
{
    /// <summary>The folder the registry keeps its content in; null is a new one that goes with the registry.</summary>
    public string? Storage { get; init; }

    /// <summary>Asks for <see cref="DockerRegistry.UserName"/> and <see cref="DockerRegistry.Password"/> (HTTP basic authentication).</summary>
    public bool RequirePassword { get; init; }

    /// <summary>Sends its clients to this server for a bearer token.</summary>
    public TokenServer? Tokens { get; init; }

    /// <summary>Speaks https, with this authority's certificate, as 127.0.0.1 and not as localhost, which clients take for plain http.</summary>
    public TestAuthority? Tls { get; init; }

    /// <summary>Makes it a pull-through cache of this registry, e.g. http://localhost:5000.</summary>
    public string? Upstream { get; init; }

    /// <summary>A configuration that was not written here; only the address and <see cref="Storage"/> are replaced, by the registry's own variables.</summary>
    public string? ConfigurationFile { get; init; }
}

/// <summary>A line of the registry's access log.</summary>
internal sealed record RegistryRequest(string Method, string Path, int Status)
{
    /// <summary>Whether the request was meant to change something: an upload, a manifest, a tag, a deletion.</summary>
    public bool IsWrite => Method is not ("GET" or "HEAD");
}

/// <summary>The real docker-registry (CNCF Distribution) on a free loopback port, for one test. Plain HTTP, as clients speak it to localhost.</summary>
internal sealed partial class DockerRegistry : IAsyncDisposable
{
    public const string UserName = "publisher";
    public const string Password = "registry-password";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly bool _secured;
    private readonly TestFolder _folder;
    private readonly ConcurrentQueue<RegistryRequest> _requests = new();
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool _started;

    private DockerRegistry(Process process, TestFolder folder, bool secured)
    {
        _process = process;
        _secured = secured;
        _folder = folder;
        process.EnableRaisingEvents = true;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => _port.TrySetException(new InvalidOperationException($"docker-registry ended by itself:\n{Log}"));
    }

    /// <summary>localhost:PORT, as it stands in an image reference; 127.0.0.1:PORT with https.</summary>
    public string Host { get; private set; } = "";

    public Uri Address => new($"{(_secured ? "https" : "http")}://{Host}/");

    /// <summary>Everything the registry has written so far; for messages of failed tests.</summary>
    public string Log => string.Join('\n', _log);

    public static async Task<DockerRegistry> StartAsync(DockerRegistryOptions options, CancellationToken cancellationToken)
    {
        var folder = new TestFolder();
        var configuration = options.ConfigurationFile ?? folder.File("config.yml");
        if (options.ConfigurationFile is null)
            await File.WriteAllTextAsync(configuration, DockerRegistryConfiguration.Write(options, folder), cancellationToken);

        // The shell ends the registry, by its process id, when its own standard input ends: at DisposeAsync, and also when the test run itself dies.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "\"$0\" serve \"$1\" < /dev/null & cat > /dev/null; kill -9 $!; wait $! 2> /dev/null", Toolchain.Require("docker-registry"), configuration },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (options.ConfigurationFile is not null)
        {
            start.Environment["REGISTRY_HTTP_ADDR"] = "127.0.0.1:0";
            start.Environment["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"] = options.Storage ?? folder.File("storage");
            start.Environment["REGISTRY_LOG_FORMATTER"] = "text";
        }
        var registry = new DockerRegistry(new Process { StartInfo = start }, folder, options.Tls is not null);
        try
        {
            await registry.RunAsync(cancellationToken);
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public static Task<DockerRegistry> StartAsync(CancellationToken cancellationToken) => StartAsync(new DockerRegistryOptions(), cancellationToken);

    /// <summary>
    /// All requests that were answered before this call, in the order of the access log. A last request of its own makes sure that the log is
    /// complete: "no upload happened" must not mean "the line was late".
    /// </summary>
    public async Task<IReadOnlyList<RegistryRequest>> RequestsAsync(CancellationToken cancellationToken)
    {
        var marker = $"/v2/?marker={Guid.NewGuid():N}";
        using (var http = NewClient())
        using (await http.GetAsync(marker, cancellationToken))
        {
            await Eventually.UntilAsync(
                () =>
                {
                    ObjectDisposedException.ThrowIf(_process.HasExited, this);
                    return _requests.Any(request => request.Path == marker);
                },
                $"{marker} in the access log",
                cancellationToken);
        }

        return [.. _requests.Where(request => !request.Path.StartsWith("/v2/?marker=", StringComparison.Ordinal))];
    }

    /// <summary>The requests that changed something or tried to.</summary>
    public async Task<IReadOnlyList<RegistryRequest>> WritesAsync(CancellationToken cancellationToken) =>
        [.. (await RequestsAsync(cancellationToken)).Where(request => request.IsWrite)];

    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            _process.StandardInput.Close();
            await Eventually.EndAsync(_process);
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        _started = _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        // It takes any free port and says which: asking for a free one beforehand could give it to somebody else in between.
        var port = await _port.Task.WaitAsync(StartTimeout, cancellationToken);
        Host = $"{(_secured ? "127.0.0.1" : "localhost")}:{port.ToString(CultureInfo.InvariantCulture)}";
        using var http = NewClient();
        using var answer = await http.GetAsync("/v2/", cancellationToken);
    }

    /// <summary>For our own questions only: who answers is known.</summary>
    private HttpClient NewClient() => new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = Address };

    private void Read(string? line)
    {
        if (line is null)
            return;
        _log.Enqueue(line);
        if (Listening().Match(line) is { Success: true } listening)
            _port.TrySetResult(int.Parse(listening.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        else if (AccessLog().Match(line) is { Success: true } access)
            _requests.Enqueue(new RegistryRequest(access.Groups[1].Value, access.Groups[2].Value, int.Parse(access.Groups[3].ValueSpan, CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex(@"msg=""listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();

    // Combined log format: host - user [time] "METHOD path protocol" status size "referrer" "agent".
    [GeneratedRegex(@"^\S+ \S+ \S+ \[[^\]]+\] ""([A-Z]+) (\S+) [^""]+"" (\d{3}) ")]
    private static partial Regex AccessLog();
}
