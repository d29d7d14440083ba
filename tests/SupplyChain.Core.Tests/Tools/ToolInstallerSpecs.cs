using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

public sealed class ToolInstallerSpecs : IAsyncLifetime
{
    private static readonly byte[] Program = ToolMirror.Script("the real one");
    private readonly InstallBench _bench = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_raw_program_is_installed_under_its_hash_and_can_be_run()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);

        var look = await _bench.InstallAsync(release);

        look.Sha256.ShouldBe(release.Sha256);
        _bench.Cache.Program(release).ShouldEndWith($"/pinned/cosign-3.0.6-{release.Sha256[..16]}/cosign");
        (await RunAsync(release)).ShouldBe("the real one");
        _bench.Lines.ShouldHaveSingleItem().ShouldStartWith($"installed cosign 3.0.6 from {_bench.Mirror.Address}sigstore/cosign/releases/download/v3.0.6/cosign-linux-amd64 (");
    }

    [Fact]
    public async Task The_program_is_taken_out_of_a_tar_and_the_archive_is_kept_beside_it()
    {
        var release = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("LICENSE", [1]), ("contrib/html.tpl", [2]), ("trivy", Program)]));

        await _bench.InstallAsync(release);

        (await RunAsync(release)).ShouldBe("the real one");
        Directory.GetFiles(_bench.Cache.Entry(release)).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["trivy", "trivy_0.74.0_Linux-64bit.tar.gz"]);
    }

    [Fact]
    public async Task The_program_is_taken_out_of_a_zip()
    {
        var release = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.Zip([("README.md", [1]), ("trivy.exe", Program)]), "win-x64");

        await _bench.InstallAsync(release);

        (await File.ReadAllBytesAsync(_bench.Cache.Program(release), TestContext.Current.CancellationToken)).ShouldBe(Program);
    }

    [Fact]
    public async Task Eight_builds_at_once_download_once_and_the_others_wait()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);
        _bench.Mirror.Fault = (_, _) => new HttpReply(200, Program) { Drip = TimeSpan.FromMilliseconds(5) };

        var looks = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _bench.InstallAsync(release))));

        looks.Select(look => look.Sha256).ShouldAllBe(sha256 => sha256 == release.Sha256);
        _bench.Mirror.Asked(release).ShouldBe(1);
        _bench.Lines.Count.ShouldBe(1);
        _bench.States.ShouldContain("waiting for another build that installs cosign 3.0.6");
    }

    [Fact]
    public async Task What_is_installed_is_neither_downloaded_nor_hashed_again()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);
        await _bench.InstallAsync(release);
        _bench.States.Clear();

        (await _bench.InstallAsync(release)).Sha256.ShouldBe(release.Sha256);

        _bench.Mirror.Asked(release).ShouldBe(1);
        _bench.States.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_hash_is_an_error_that_names_both_and_nothing_is_kept()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);
        var altered = ToolMirror.Script("altered");
        _bench.Mirror.Put(release.Path, altered);

        var message = await _bench.FailAsync(release, DiagnosticCodes.ToolHashMismatch);

        message.ShouldContain(release.Sha256);
        message.ShouldContain(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(altered)));
        _bench.Mirror.Asked(release).ShouldBe(1);
    }

    [Fact]
    public async Task An_installed_program_that_was_changed_is_not_used()
    {
        var raw = _bench.Mirror.Put("cosign", "3.0.6", Program);
        var packed = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("trivy", Program)]));
        foreach (var release in new[] { raw, packed })
        {
            await _bench.InstallAsync(release);
            await File.WriteAllTextAsync(_bench.Cache.Program(release), "#!/bin/sh\necho stolen\n", TestContext.Current.CancellationToken);

            var error = await Should.ThrowAsync<DiagnosticException>(() => _bench.InstallAsync(release));

            error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolChanged);
            error.Message.ShouldContain($"Delete {_bench.Cache.Entry(release)}");
        }
    }

    /// <summary>A CI cache that somebody else filled: program, archive and what was remembered of them all fit together, and not the pin.</summary>
    [Fact]
    public async Task A_restored_cache_is_compared_with_the_pin_again_and_not_believed()
    {
        var release = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("trivy", Program)]));
        await _bench.InstallAsync(release);
        var bad = ToolMirror.TarGz([("trivy", ToolMirror.Script("stolen"))]);
        await File.WriteAllBytesAsync(_bench.Cache.Download(release), bad, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_bench.Cache.Program(release), ToolMirror.Script("stolen"), TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<DiagnosticException>(() => _bench.InstallAsync(release))).Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolChanged);
    }

    [Fact]
    public async Task An_untouched_copy_of_a_cache_is_hashed_once_and_then_used()
    {
        var release = _bench.Mirror.Put("trivy", "0.74.0", ToolMirror.TarGz([("trivy", Program)]));
        await _bench.InstallAsync(release);
        Directory.Delete(_bench.Cache.Looks, recursive: true);

        await _bench.InstallAsync(release);
        _bench.States.ShouldContain($"comparing {_bench.Cache.Program(release)} with its pinned hash");
        _bench.States.Clear();
        await _bench.InstallAsync(release);

        _bench.States.ShouldBeEmpty();
        _bench.Mirror.Asked(release).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_killed_build_left_is_no_obstacle()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);
        Directory.CreateDirectory(_bench.Cache.Entry(release) + ".new");
        await File.WriteAllTextAsync(_bench.Cache.Entry(release) + ".new/cosign", "half", TestContext.Current.CancellationToken);

        await _bench.InstallAsync(release);

        Directory.GetDirectories(_bench.Cache.Releases).ShouldHaveSingleItem().ShouldBe(_bench.Cache.Entry(release));
    }

    [Fact]
    public async Task A_tools_folder_that_cannot_be_written_to_is_named()
    {
        var release = _bench.Mirror.Put("cosign", "3.0.6", Program);
        await File.WriteAllTextAsync(_bench.Cache.Folder, "a file", TestContext.Current.CancellationToken);

        var error = await Should.ThrowAsync<DiagnosticException>(() => _bench.InstallAsync(release));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolsFolderUnusable);
        error.Message.ShouldContain("SupplyChainToolsPath");
    }

    /// <summary>The programs that the other tests run, 250 MB of them.</summary>
    [Fact]
    public async Task The_real_cosign_and_trivy_are_installed_and_say_what_they_are()
    {
        await using var bench = new InstallBench { Limits = new DownloadLimits() };
        var cosign = bench.Mirror.PutFile("cosign", "3.0.6", Toolchain.Require("cosign"));
        var trivy = bench.Mirror.PutFile("trivy", "0.74.0", ToolMirror.Pack(Toolchain.Require("trivy"), Path.Combine(bench.Folder, "trivy.tar.gz")));

        await Task.WhenAll(bench.InstallAsync(cosign), bench.InstallAsync(trivy));

        (await RunAsync(cosign, bench, "version")).ShouldContain("GitVersion");
        (await RunAsync(trivy, bench, "--version")).ShouldContain("Version: ");
    }

    private async Task<string> RunAsync(ToolRelease release, InstallBench? bench = null, params string[] arguments)
    {
        var result = await new ToolRunner().RunAsync(
            new ToolInvocation(new Tool(release.Tool, (bench ?? _bench).Cache.Program(release), "a test"), arguments), TestContext.Current.CancellationToken);
        return result.StandardOutput.Trim();
    }
}
