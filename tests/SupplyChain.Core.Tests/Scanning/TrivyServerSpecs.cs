using System.Diagnostics;
using System.Net.Sockets;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;
using SupplyChain.TestKit.Advisories;

namespace SupplyChain.Core.Tests.Scanning;

/// <summary>With the real client and the real server on loopback.</summary>
public sealed class TrivyServerSpecs : IDisposable
{
    private readonly ScanFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_server_decides_with_its_own_database_and_the_report_says_so_and_without_it_nothing_is_decided()
    {
        // What the server knows, and what this machine knows: another thing, and newer.
        var remote = _folder.File("remote");
        AdvisoryDatabase.Write(remote, [SampleAdvisories.NewtonsoftJson]);
        AdvisoryDatabase.Write(_folder.Cache, [SampleAdvisories.SystemDrawing]);
        var port = FreePort();
        var server = new TrivyServer($"http://localhost:{port}", "OUR_TOKEN");
        var environment = ScanFolder.Environment();
        environment["OUR_TOKEN"] = "the-token";
        environment["AWS_SECRET_ACCESS_KEY"] = "not for a scanner";
        var request = _folder.Request() with { Environment = environment, Server = server };

        var down = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(request))).Diagnostic;
        down.Message.ShouldNotContain("the-token");
        down.Code.ShouldBeOneOf(DiagnosticCodes.TrivyServerUnusable, DiagnosticCodes.ScannerFailed);

        using var process = Process.Start(new ProcessStartInfo(TrivyScannerSpecs.Trivy.Path, ["server", "--listen", $"localhost:{port}", "--cache-dir", remote, "--skip-db-update", "--token", "the-token"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            await ListensAsync(port);
            var report = await ScanAsync(request);
            report.Findings.Select(finding => finding.Id).Distinct().ShouldBe([SampleAdvisories.NewtonsoftJson.Id]);
            report.Server.ShouldBe(server.Address);
            report.DatabaseUpdatedAt.ShouldNotBeNull();
            report.Platforms.ShouldHaveSingleItem().OperatingSystem!.Family.ShouldBe("debian");
            report.Platforms[0].Packages.ShouldNotBeEmpty();

            environment["OUR_TOKEN"] = "wrong-token";
            var refused = (await Should.ThrowAsync<DiagnosticException>(() => ScanAsync(request))).Diagnostic;
            refused.Code.ShouldBe(DiagnosticCodes.ScannerFailed);
            refused.Message.ShouldNotContain("wrong-token");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_client_of_a_server_gets_an_empty_cache_and_the_token_and_no_other_secret()
    {
        await using var version = new LoopbackHttpServer((_, _) => Task.FromResult(new HttpReply(200, """{"VulnerabilityDB":{"UpdatedAt":"2026-11-23T06:00:00Z"}}"""u8.ToArray())));
        var trivy = new FakeTrivy();
        var environment = ScanFolder.Environment();
        environment["OUR_TOKEN"] = "the-token";
        environment["GITHUB_TOKEN"] = "not for a scanner";
        var report = await new TrivyScanner(trivy, FakeTrivy.Tool).ScanAsync(_folder.Request() with { Environment = environment, Server = new TrivyServer($"http://{version.Host}", "OUR_TOKEN") }, Cancellation);
        report.DatabaseUpdatedAt.ShouldBe(new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero));
        foreach (var invocation in trivy.Invocations.Where(invocation => invocation.Arguments[0] != "--version"))
        {
            invocation.Arguments.ShouldNotContain("the-token");
            var arguments = invocation.Arguments.ToList();
            arguments[arguments.IndexOf("--server") + 1].ShouldBe($"http://{version.Host}");
            Directory.Exists(Path.Combine(arguments[arguments.IndexOf("--cache-dir") + 1], "db")).ShouldBeFalse("it could fall back to a database of this machine");
            invocation.Environment["TRIVY_TOKEN"].ShouldBe("the-token");
            invocation.Environment["GITHUB_TOKEN"].ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("trivy.example.com", null, false, "is not the address of a server")]
    [InlineData("https://user:secret@trivy.example.com", null, false, "is not the address of a server")]
    [InlineData("https://trivy.example.com", "NO_SUCH_VARIABLE", false, "names the environment variable NO_SUCH_VARIABLE, which is not set")]
    [InlineData("https://trivy.example.com", null, true, "exclude each other")]
    public void What_cannot_be_a_server_is_said_before_anything_is_built(string address, string? variable, bool offline, string why)
    {
        var diagnostic = Should.Throw<DiagnosticException>(() => TrivyServer.Read(address, variable, offline, _ => null)).Diagnostic;
        diagnostic.Code.ShouldBe(DiagnosticCodes.TrivyServerUnusable);
        diagnostic.Message.ShouldContain(why);
        diagnostic.Message.ShouldNotContain("secret");
    }

    private static Task<ScanReport> ScanAsync(ScanRequest request) => new TrivyScanner(new ToolRunner(), TrivyScannerSpecs.Trivy).ScanAsync(request, Cancellation);

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ListensAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("localhost", port, Cancellation);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50, Cancellation);
            }
        }
    }
}
