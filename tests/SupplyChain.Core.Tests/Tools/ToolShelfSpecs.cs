using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

public sealed class ToolShelfSpecs : IAsyncLifetime
{
    private readonly InstallBench _bench = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_tool_runs_once_it_is_installed()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", ToolMirror.Script("hello"));
        using var shelf = Shelf();
        var tool = new Tool("cosign", _bench.Cache.Program(release), "pinned release") { Release = release };
        shelf.Begin(tool, null);

        var result = await new CheckedToolRunner(new ToolRunner(), shelf).RunAsync(new ToolInvocation(tool, []), Cancellation);

        result.StandardOutput.ShouldBe("hello\n");
        (await shelf.ReadyAsync(tool, Cancellation)).ShouldBe(tool with { Version = "3.0.6", Sha256 = release.Sha256, Verified = "SHA-256 as pinned" });
    }

    [Fact]
    public async Task Whoever_waits_hears_how_far_it_is_and_that_it_is_done()
    {
        var content = new byte[400];
        var release = _bench.Mirror.Put("cosign", "3.0.6", content);
        _bench.Mirror.Fault = (_, _) => new HttpReply(200, content) { Drip = TimeSpan.FromMilliseconds(1) };
        using var shelf = Shelf();
        var said = new List<string>();

        await shelf.WaitAsync([new Tool("cosign", _bench.Cache.Program(release), "pinned release") { Release = release }], said.Add, TimeSpan.FromMilliseconds(30), Cancellation);

        said[0].ShouldStartWith("downloading cosign 3.0.6");
        said[^1].ShouldStartWith("installed cosign 3.0.6 from ");
    }

    [Fact]
    public async Task Nothing_that_failed_its_check_is_ever_started()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", ToolMirror.Script("hello"));
        _bench.Mirror.Put(release.Path, ToolMirror.Script("altered"));
        using var shelf = Shelf();
        var started = new CountingRunner();
        var tool = new Tool("cosign", _bench.Cache.Program(release), "pinned release") { Release = release };

        var error = await Should.ThrowAsync<DiagnosticException>(() => new CheckedToolRunner(started, shelf).RunAsync(new ToolInvocation(tool, []), Cancellation));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolHashMismatch);
        started.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_program_on_PATH_that_says_it_is_a_malicious_release_is_never_started()
    {
        var program = Path.Combine(_bench.Folder, "trivy");
        await File.WriteAllBytesAsync(program, GoProgram("path\tgithub.com/aquasecurity/trivy/cmd/trivy\nmod\tgithub.com/aquasecurity/trivy\tv0.69.4\t\n"), Cancellation);
        using var shelf = Shelf();
        var started = new CountingRunner();

        var error = await Should.ThrowAsync<DiagnosticException>(() => new CheckedToolRunner(started, shelf).RunAsync(new ToolInvocation(new Tool("trivy", program, "PATH"), []), Cancellation));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolDenied);
        error.Message.ShouldContain($"trivy ({program}, found by PATH)");
        started.Count.ShouldBe(0);
    }

    [Fact]
    public async Task An_explanation_says_which_where_and_what_vouches_for_it_and_installs_nothing()
    {
        var release = _bench.Mirror.Put("cosign", "3.1.3", ToolMirror.Script("hello"));
        var pinned = new Tool("cosign", _bench.Cache.Program(release), "pinned release") { Release = release };
        var program = Path.Combine(_bench.Folder, "trivy");
        await File.WriteAllBytesAsync(program, GoProgram("mod\ttrivy\tv0.74.0\t\n"), Cancellation);
        using var shelf = Shelf();

        (await ToolExplanation.OfAsync("cosign", _ => pinned, shelf, Cancellation)).How.ShouldBe($"not installed yet, a publish does it: pinned SHA-256 {release.Sha256[..8]}… (a test)");
        _bench.Mirror.Calls.ShouldBeEmpty();
        await _bench.InstallAsync(release);
        (await ToolExplanation.OfAsync("cosign", _ => pinned, shelf, Cancellation)).ToString()
            .ShouldBe($"cosign                         3.1.3        {pinned.Path}  installed, SHA-256 as pinned: {release.Sha256[..8]}… (a test)");
        (await ToolExplanation.OfAsync("trivy", name => new Tool(name, program, "PATH"), shelf, Cancellation)).ToString().ShouldStartWith($"trivy                          0.74.0       {program}  found by PATH, SHA-256 ");
        (await ToolExplanation.OfAsync("trivy", _ => throw new DiagnosticException(DiagnosticCodes.ToolMissing, "it is nowhere"), shelf, Cancellation)).How.ShouldBe("SCB7001: it is nowhere");
    }

    [Theory]
    [InlineData("mod\tgithub.com/sigstore/cosign/v3\tv3.1.2\th1:x=\n", "3.1.2")]
    [InlineData("mod\tgithub.com/aquasecurity/trivy\t(devel)\t\nbuild\t-ldflags=\"-s -w -X=github.com/aquasecurity/trivy/pkg/version/app.ver=0.69.4\"\n", "0.69.4")]
    [InlineData("mod\tgithub.com/sigstore/cosign/v3\t(devel)\t\nbuild\t-ldflags=\"-X sigs.k8s.io/release-utils/version.gitVersion=v3.0.6 -X a.b=c\"\n", "3.0.6")]
    [InlineData("mod\tgithub.com/aquasecurity/trivy\t(devel)\t\n", null)]
    public async Task The_version_is_read_from_the_program_and_not_asked_of_it(string information, string? version)
    {
        var program = Path.Combine(_bench.Folder, "program");
        await File.WriteAllBytesAsync(program, GoProgram(information), Cancellation);

        (await ToolLook.TakeAsync(program, Cancellation)).Version.ShouldBe(version);
    }

    [Fact]
    public async Task A_tool_that_was_looked_at_before_costs_next_to_nothing()
    {
        var tool = new Tool("trivy", Toolchain.Require("trivy"), "PATH");
        var watch = Stopwatch.StartNew();
        using (var shelf = Shelf())
            (await shelf.ReadyAsync(tool, Cancellation)).Sha256!.Length.ShouldBe(64);
        var first = watch.Elapsed;

        watch.Restart();
        for (var count = 0; count < 20; count++)
        {
            using var shelf = Shelf();
            await shelf.ReadyAsync(tool, Cancellation);
        }

        // Hashing its 150 MB again would take as long as the first time, each time.
        watch.Elapsed.ShouldBeLessThan(first * 5);
    }

    [Fact]
    public async Task A_program_that_was_replaced_is_looked_at_again()
    {
        var program = Path.Combine(_bench.Folder, "trivy");
        var tool = new Tool("trivy", program, "PATH");
        await File.WriteAllBytesAsync(program, GoProgram("mod\ttrivy\tv0.69.3\t\n"), Cancellation);
        using (var first = Shelf())
            (await first.ReadyAsync(tool, Cancellation)).Version.ShouldBe("0.69.3");

        await File.WriteAllBytesAsync(program, GoProgram("mod\ttrivy\tv0.69.4\t\n"), Cancellation);

        using var second = Shelf();
        (await Should.ThrowAsync<DiagnosticException>(() => second.ReadyAsync(tool, Cancellation))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolDenied);
    }

    [Fact]
    public async Task A_download_that_nobody_waits_for_any_more_ends_and_leaves_nothing()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", new byte[100_000]);
        _bench.Mirror.Fault = (_, _) => new HttpReply(200, new byte[100_000]) { Drip = TimeSpan.FromMilliseconds(10) };
        var shelf = Shelf();
        shelf.Begin(new Tool("cosign", _bench.Cache.Program(release), "pinned release") { Release = release });
        await Eventually.UntilAsync(() => _bench.Mirror.Calls.Count > 0, "the download's first request", Cancellation);

        shelf.Dispose();

        _bench.Left().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://mirror.example.com/tools", "is not reached by https")]
    [InlineData("ftp://mirror.example.com/tools", "is of no kind that is known here")]
    [InlineData("https://mirror.example.com/?a=b", "is no address")]
    [InlineData("oci://tools", "names no repository of a registry")]
    [InlineData("nowhere/at/all", "is no folder that exists")]
    public void A_source_that_is_none_is_refused(string source, string why)
    {
        var error = Should.Throw<DiagnosticException>(() => ToolProvision.ReadSource(source, "/project"));
        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolsSourceUnusable);
        error.Message.ShouldContain(why);
    }

    [Fact]
    public void A_password_in_the_source_is_refused_and_not_repeated() =>
        Should.Throw<DiagnosticException>(() => ToolProvision.ReadSource("https://ada:geheim@mirror.example.com/", "/")).Message.ShouldNotContain("geheim");

    [Fact]
    public async Task A_registry_serves_what_was_pushed_to_it_by_its_digest_whatever_the_tag()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var release = _bench.Mirror.Put("cosign", "3.0.6", ToolMirror.Script("hello"));
        await File.WriteAllBytesAsync(Path.Combine(_bench.Folder, "cosign-linux-amd64"), ToolMirror.Script("hello"), Cancellation);
        await Cli.Wrap(Toolchain.Require("oras")).WithWorkingDirectory(_bench.Folder)
            .WithArguments(["push", "--plain-http", $"{registry.Host}/tools:2026-11", "cosign-linux-amd64"]).ExecuteBufferedAsync(Cancellation);
        var provision = new ToolProvision(_bench.Cache.Folder, ToolProvision.ReadSource($"oci://{registry.Host}/tools", "/"));

        (await _bench.InstallAsync(release, provision.Open())).Sha256.ShouldBe(release.Sha256);
        await using var other = new InstallBench();
        (await other.FailAsync(release with { Sha256 = new string('0', 64) }, DiagnosticCodes.ToolDownloadFailed, provision.Open())).ShouldContain($"oci://{registry.Host}/tools (");

        _bench.Mirror.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_serves_without_a_network()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", ToolMirror.Script("hello"));
        var file = Path.Combine(_bench.Folder, "mirror", release.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, ToolMirror.Script("hello"), Cancellation);
        var provision = new ToolProvision(_bench.Cache.Folder, ToolProvision.ReadSource("mirror", _bench.Folder)) { Offline = true };

        provision.CannotInstall().ShouldBeNull();
        (await _bench.InstallAsync(release, provision.Open())).Sha256.ShouldBe(release.Sha256);

        _bench.Mirror.Calls.ShouldBeEmpty();
        new ToolProvision("/tools", null) { Offline = true }.CannotInstall().ShouldBe("SupplyChainOffline=true forbids the download");
    }

    private ToolShelf Shelf() => new(_bench.Cache.Folder, _bench.Source(), TimeProvider.System, _bench.Limits);

    /// <summary>What the Go linker writes, after some other bytes.</summary>
    private static byte[] GoProgram(string information)
    {
        byte[] text = [.. new byte[16], .. System.Text.Encoding.UTF8.GetBytes(information), .. new byte[16]];
        byte[] length = text.Length < 128 ? [(byte)text.Length] : [(byte)(0x80 | (text.Length & 0x7f)), (byte)(text.Length >> 7)];
        return [.. new byte[32], .. GoBuild.Mark, 8, 2, .. new byte[16], 6, .. "go1.26"u8, .. length, .. text, .. new byte[64]];
    }

    private sealed class CountingRunner : IToolRunner
    {
        public int Count { get; private set; }

        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Count++;
            return Task.FromResult(new ToolResult(0, "", "", TimeSpan.Zero));
        }
    }
}
