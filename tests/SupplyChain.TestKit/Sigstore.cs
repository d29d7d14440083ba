using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace SupplyChain.TestKit;

/// <summary>
/// A whole Sigstore on a free loopback port, for one test: Fulcio with a certificate transparency log, Rekor, and a timestamp server (tests/toolchain/sigstore/server.mjs).
/// The trust material is made by the real cosign.
/// </summary>
internal sealed class Sigstore : IAsyncDisposable
{
    public const string Issuer = "https://issuer.example.com";
    public const string Subject = "https://ci.example.com/team/app";

    private const string Since = "2020-01-01T00:00:00Z";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly TestFolder _folder = new();
    private readonly List<string> _log = [];
    private readonly TaskCompletionSource<string> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Sigstore()
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("node")
            {
                ArgumentList = { Path.Combine(Toolchain.RepositoryRoot, "tests/toolchain/sigstore/server.mjs"), _folder.Path },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _port.TrySetException(new InvalidOperationException($"The Sigstore for tests ended by itself. Has tests/toolchain/install.sh run?\n{string.Join('\n', _log)}"));
    }

    /// <summary>Fulcio's and Rekor's address.</summary>
    public string Url { get; private set; } = "";

    public string TrustedRoot => _folder.File("trusted-root.json");

    /// <summary>What cosign 2 takes instead of a trusted root.</summary>
    public (string Name, string Value)[] OldTrust =>
        [("SIGSTORE_ROOT_FILE", _folder.File("fulcio.pem")), ("SIGSTORE_REKOR_PUBLIC_KEY", _folder.File("rekor.pub")), ("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", _folder.File("ctfe.pub"))];

    public string SigningConfig => _folder.File("signing-config.json");

    /// <summary>The address of a timestamp server, which the trusted root names too.</summary>
    public string TimestampUrl => $"{Url}/api/v1/timestamp";

    /// <summary>What was asked: <c>POST /api/v2/signingCert 200</c>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_log)
                return [.. _log.Where(line => line.Contains(" /", StringComparison.Ordinal))];
        }
    }

    public static async Task<Sigstore> StartAsync(CancellationToken cancellationToken)
    {
        var sigstore = new Sigstore();
        try
        {
            sigstore._process.Start();
            sigstore._process.BeginOutputReadLine();
            sigstore._process.BeginErrorReadLine();
            sigstore.Url = $"http://localhost:{await sigstore._port.Task.WaitAsync(StartTimeout, cancellationToken)}";
            await sigstore.WriteTrustAsync(cancellationToken);
            return sigstore;
        }
        catch
        {
            await sigstore.DisposeAsync();
            throw;
        }
    }

    /// <summary>An identity token as a CI system makes it; nobody checks its signature here.</summary>
    public static string Token(string subject = Subject, string issuer = Issuer, params (string Name, string Value)[] claims)
    {
        var payload = new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["sub"] = subject,
            ["aud"] = "sigstore",
            ["iat"] = 1_700_000_000,
            ["exp"] = 4_102_444_800,
        };
        foreach (var (name, value) in claims)
            payload[name] = value;
        return $"{Part(new Dictionary<string, object> { ["alg"] = "RS256", ["typ"] = "JWT" })}.{Part(payload)}.{Base64("not a signature"u8)}";

        static string Part(Dictionary<string, object> value) => Base64(JsonSerializer.SerializeToUtf8Bytes(value));

        static string Base64(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await Eventually.EndAsync(_process);
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task WriteTrustAsync(CancellationToken cancellationToken)
    {
        await CosignAsync(
            [
                "trusted-root", "create",
                $"--fulcio=url={Url},certificate-chain={_folder.File("fulcio.pem")}",
                $"--rekor=url={Url},public-key={_folder.File("rekor.pub")},start-time={Since}",
                $"--ctfe=url={Url},public-key={_folder.File("ctfe.pub")},start-time={Since}",
                $"--tsa=url={TimestampUrl},certificate-chain={_folder.File("tsa.pem")}",
                $"--out={TrustedRoot}",
            ],
            cancellationToken);
        await CosignAsync(
            [
                "signing-config", "create",
                $"--fulcio=url={Url},api-version=1,start-time={Since},operator=test",
                $"--rekor=url={Url},api-version=1,start-time={Since},operator=test",
                "--rekor-config=ANY",
                $"--out={SigningConfig}",
            ],
            cancellationToken);
    }

    private static async Task CosignAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await Cli.Wrap(Toolchain.Require("cosign")).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Encoding.UTF8, cancellationToken);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"cosign {arguments[0]} failed: {result.StandardError}");
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.Add(line);
        if (line.StartsWith("listening on ", StringComparison.Ordinal))
            _port.TrySetResult(int.Parse(line.AsSpan("listening on ".Length), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
    }
}
