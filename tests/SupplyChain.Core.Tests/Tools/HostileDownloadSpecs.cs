using System.Formats.Tar;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

/// <summary>Mirrors that fail, lie or attack. None of them leaves a file behind.</summary>
public sealed class HostileDownloadSpecs : IAsyncLifetime
{
    private static readonly byte[] Program = ToolMirror.Script("the real one");
    private readonly InstallBench _bench = new();

    private ToolRelease _cosign = null!;

    public ValueTask InitializeAsync()
    {
        _cosign = _bench.Mirror.Put("cosign", "3.0.6", Program);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_download_that_breaks_off_each_time_is_given_up()
    {
        _bench.Mirror.Fault = (_, _) => new HttpReply(200, Program) { TruncateAfter = 10 };

        var message = await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed);

        message.ShouldContain("broke off");
        message.ShouldContain("SupplyChainToolsSource");
        _bench.Mirror.Asked(_cosign).ShouldBe(4);
    }

    [Fact]
    public async Task A_download_that_breaks_off_once_is_repeated()
    {
        _bench.Mirror.Fault = (_, number) => number == 1 ? new HttpReply(200, Program) { TruncateAfter = 10 } : null;
        (await _bench.InstallAsync(_cosign)).Sha256.ShouldBe(_cosign.Sha256);
    }

    [Fact]
    public async Task An_error_of_the_server_is_repeated()
    {
        _bench.Mirror.Fault = (_, number) => number == 1 ? new HttpReply(500, []) : null;

        (await _bench.InstallAsync(_cosign)).Sha256.ShouldBe(_cosign.Sha256);

        _bench.Mirror.Asked(_cosign).ShouldBe(2);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said_at_once()
    {
        _bench.Mirror.Fault = (_, _) => new HttpReply(404, []);

        (await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed)).ShouldContain("there is no such file");

        _bench.Mirror.Asked(_cosign).ShouldBe(1);
    }

    [Fact]
    public async Task A_mirror_that_refuses_is_named_and_not_asked_again()
    {
        _bench.Mirror.Fault = (_, _) => new HttpReply(403, []);

        (await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed)).ShouldContain("localhost answered 403");

        _bench.Mirror.Asked(_cosign).ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_without_end_is_cut_off_whether_or_not_its_size_is_announced(bool announced)
    {
        var endless = new HttpReply(200, new byte[3 * 1024 * 1024]);
        _bench.Mirror.Fault = (_, _) => announced ? endless : endless.With("Content-Length", "1048576000") with { TruncateAfter = 3 * 1024 * 1024 };

        (await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed)).ShouldContain("it is larger than 1 MB");
    }

    [Fact]
    public async Task A_server_that_sends_a_byte_now_and_then_is_given_up()
    {
        await using var bench = new InstallBench { Limits = new DownloadLimits { Span = TimeSpan.FromMilliseconds(300), Retries = 0 } };
        var release = bench.Mirror.Put("cosign", "3.0.6", Program);
        bench.Mirror.Fault = (_, _) => new HttpReply(200, new byte[100_000]) { Drip = TimeSpan.FromMilliseconds(20) };

        (await bench.FailAsync(release, DiagnosticCodes.ToolDownloadFailed)).ShouldContain("less than 64 KB came within 0.3 s");
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        await using var silent = new LoopbackHttpServer(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return HttpReply.Reset();
        });
        await using var bench = new InstallBench { Limits = new DownloadLimits { Answer = TimeSpan.FromMilliseconds(200), Retries = 0 } };
        var source = new HttpToolSource(Core.Stores.RegistryHttp.CreateClient(), new Uri($"http://{silent.Host}/"), bench.Limits.Answer);

        (await bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed, source)).ShouldContain("gave no answer within 0.2 s");
    }

    [Fact]
    public async Task A_redirect_to_another_host_is_followed_with_nothing_that_could_be_a_secret_and_the_hash_decides()
    {
        await using var other = new ToolMirror();
        other.Put("elsewhere", Program);
        _bench.Mirror.Fault = (path, _) => path.EndsWith(".json", StringComparison.Ordinal) ? null : new HttpReply(302, []).With("Location", other.Address + "elsewhere").With("Set-Cookie", "session=secret");

        (await _bench.InstallAsync(_cosign)).Sha256.ShouldBe(_cosign.Sha256);

        var call = other.Calls.ShouldHaveSingleItem();
        call.Authorization.ShouldBeNull();
        call.Headers.Keys.ShouldNotContain("Cookie");

        other.Put("elsewhere", ToolMirror.Script("altered"));
        var second = _bench.Mirror.Put("cosign", "3.1.3", [.. Program, (byte)'\n']);
        (await Should.ThrowAsync<DiagnosticException>(() => _bench.InstallAsync(second))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolHashMismatch);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", "http://169.254.169.254, which is not reached by https")]
    [InlineData("file:///etc/passwd", "which is not reached by https")]
    public async Task A_redirect_away_from_https_is_refused(string location, string expected)
    {
        _bench.Mirror.Fault = (_, _) => new HttpReply(302, []).With("Location", location);
        (await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed)).ShouldContain(expected);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        _bench.Mirror.Fault = (path, _) => new HttpReply(302, []).With("Location", "/" + path);
        (await _bench.FailAsync(_cosign, DiagnosticCodes.ToolDownloadFailed)).ShouldContain("leads on more than 5 times");
    }

    public static TheoryData<string, TarEntry> HostileEntries => new()
    {
        { "leads out of the folder", new PaxTarEntry(TarEntryType.RegularFile, "../../bin/trivy") },
        { "is an absolute path", new PaxTarEntry(TarEntryType.RegularFile, "/etc/cron.d/trivy") },
        { "is a link", new PaxTarEntry(TarEntryType.SymbolicLink, "contrib") { LinkName = "/etc" } },
        { "is a link", new PaxTarEntry(TarEntryType.HardLink, "LICENSE") { LinkName = "/etc/passwd" } },
        { "is a device", new PaxTarEntry(TarEntryType.Fifo, "pipe") },
    };

    [Theory]
    [MemberData(nameof(HostileEntries))]
    public async Task A_tar_with_an_entry_that_no_release_has_is_refused(string why, TarEntry entry)
    {
        var good = new PaxTarEntry(TarEntryType.RegularFile, "trivy") { DataStream = new MemoryStream(Program) };
        (await FailAsync(ToolMirror.TarGz([good, entry]))).ShouldContain(why);
    }

    [Fact]
    public async Task A_tar_whose_program_is_a_link_is_refused() =>
        (await FailAsync(ToolMirror.TarGz([new PaxTarEntry(TarEntryType.SymbolicLink, "trivy") { LinkName = "/bin/sh" }]))).ShouldContain("'trivy' is a link");

    [Fact]
    public async Task A_tar_without_the_program_or_with_two_of_them_is_refused()
    {
        (await FailAsync(ToolMirror.TarGz([("bin/trivy", Program)]))).ShouldContain("does not hold one file 'trivy'");
        (await FailAsync(ToolMirror.TarGz([("trivy", Program), ("./trivy", Program)]))).ShouldContain("does not hold one file 'trivy'");
    }

    [Fact]
    public async Task An_archive_that_is_none_is_refused()
    {
        await FailAsync(Program);
        await FailAsync(ToolMirror.TarGz([("trivy", Program)])[..40]);
        await FailAsync(Program, "win-x64");
    }

    [Theory]
    [InlineData("../trivy.exe", "leads out of the folder")]
    [InlineData("..\\..\\trivy.exe", "must not have")]
    [InlineData("C:/Windows/trivy.exe", "must not have")]
    [InlineData("bin/trivy.exe", "does not hold one file 'trivy.exe'")]
    public async Task A_zip_with_a_name_that_no_release_has_is_refused(string name, string why) =>
        (await FailAsync(ToolMirror.Zip([(name, Program)]), "win-x64")).ShouldContain(why);

    [Fact]
    public async Task A_zip_with_a_link_is_refused() =>
        (await FailAsync(ToolMirror.Zip(entry => entry.ExternalAttributes = unchecked((int)0xA1FF0000), [("trivy.exe", Program)]), "win-x64")).ShouldContain("is a link");

    private Task<string> FailAsync(byte[] archive, string platform = "linux-x64") =>
        _bench.FailAsync(_bench.Mirror.Put("trivy", "0.74.0", archive, platform), DiagnosticCodes.ToolArchiveRefused);
}
