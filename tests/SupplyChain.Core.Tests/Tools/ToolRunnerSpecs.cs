using System.Diagnostics;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Tools;

public sealed class ToolRunnerSpecs
{
    private static readonly Tool Shell = new("sh", "/bin/sh", "PATH");
    private readonly ToolRunner _runner = new();

    [Fact]
    public async Task Arguments_arrive_as_they_are_and_both_outputs_and_the_exit_code_come_back()
    {
        var result = await _runner.RunAsync(Script("printf '%s|' \"$@\"; echo problem >&2; exit 3", "a b", "", "\"q\" $HOME `id` \\", "ü"), TestContext.Current.CancellationToken);

        result.StandardOutput.ShouldBe("a b||\"q\" $HOME `id` \\|ü|");
        result.StandardError.ShouldBe("problem\n");
        result.ExitCode.ShouldBe(3);
    }

    [Fact]
    public async Task A_tool_that_reads_standard_input_finds_it_empty()
    {
        var result = await _runner.RunAsync(Script("cat; echo end"), TestContext.Current.CancellationToken);

        result.StandardOutput.ShouldBe("end\n");
    }

    [Fact]
    public async Task Variables_are_added_and_removed()
    {
        var invocation = Script("echo \"$SCB_ADDED-${HOME-none}\"") with
        {
            Environment = new Dictionary<string, string?> { ["SCB_ADDED"] = "yes", ["HOME"] = null },
        };

        (await _runner.RunAsync(invocation, TestContext.Current.CancellationToken)).StandardOutput.ShouldBe("yes-none\n");
    }

    [Fact]
    public async Task A_flood_of_output_is_read_to_its_end_and_only_its_last_part_kept()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var result = await _runner.RunAsync(Script("head -c 1073741824 /dev/zero; echo the end") with { OutputLimit = 1024 }, TestContext.Current.CancellationToken);

        result.ExitCode.ShouldBe(0);
        result.OutputWasCut.ShouldBeTrue();
        result.StandardOutput.Length.ShouldBe(1024);
        result.StandardOutput.ShouldEndWith("the end\n");
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(16 * 1024 * 1024);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_a_coded_error()
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() =>
            _runner.RunAsync(new ToolInvocation(new Tool("trivy", "/nowhere/trivy", "SupplyChainTrivyPath"), []), TestContext.Current.CancellationToken));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolUnusable);
        error.Message.ShouldContain("/nowhere/trivy");
        error.Message.ShouldContain("SupplyChainTrivyPath");
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_a_coded_error()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [0x7f, (byte)'E', (byte)'L', (byte)'F', 0], TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            var error = await Should.ThrowAsync<DiagnosticException>(() =>
                _runner.RunAsync(new ToolInvocation(new Tool("trivy", file, "PATH"), []), TestContext.Current.CancellationToken));

            error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolUnusable);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_tool_that_hangs_is_stopped_with_a_coded_error()
    {
        var error = await Should.ThrowAsync<DiagnosticException>(() =>
            _runner.RunAsync(Script("sleep 600") with { TimeLimit = TimeSpan.FromMilliseconds(300) }, TestContext.Current.CancellationToken));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.ToolTimedOut);
    }

    [Fact]
    public async Task Cancelling_interrupts_first_so_that_a_tool_can_clean_up()
    {
        var mark = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
        using var cancel = new CancellationTokenSource();
        var run = _runner.RunAsync(Script("trap 'echo cleaned > \"$1\"; exit 1' INT; echo > \"$1.ready\"; while :; do sleep 0.05; done", mark), cancel.Token);
        await UntilAsync(() => File.Exists(mark + ".ready"));

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run);
        (await File.ReadAllTextAsync(mark, TestContext.Current.CancellationToken)).ShouldBe("cleaned\n");
        File.Delete(mark);
        File.Delete(mark + ".ready");
    }

    [Fact]
    public async Task A_tool_that_ignores_the_interrupt_is_killed_together_with_its_children()
    {
        var pids = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
        using var cancel = new CancellationTokenSource();
        var runner = new ToolRunner { InterruptionGrace = TimeSpan.FromMilliseconds(200) };
        // The grandchild's parent ends at the interrupt, so it is an orphan by the time of the kill.
        var run = runner.RunAsync(
            Script("trap '' INT; sh -c 'trap \"exit 0\" INT; sh -c \"trap \\\"\\\" INT; echo \\$\\$ > $1.tmp; mv $1.tmp $1; while :; do sleep 0.05; done\" & wait' - \"$1\" & while :; do sleep 0.05; done", pids), cancel.Token);
        await UntilAsync(() => File.Exists(pids));
        var grandchild = int.Parse(await File.ReadAllTextAsync(pids, TestContext.Current.CancellationToken), System.Globalization.CultureInfo.InvariantCulture);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run);
        await UntilAsync(() => !IsAlive(grandchild));
        File.Delete(pids);
    }

    [Fact]
    public async Task A_child_that_a_tool_leaves_behind_does_not_hold_up_the_build()
    {
        var runner = new ToolRunner { DrainGrace = TimeSpan.FromMilliseconds(100) };

        var result = await runner.RunAsync(Script("sleep 30 & echo $!"), TestContext.Current.CancellationToken);

        result.ExitCode.ShouldBe(0);
        result.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        using var left = Process.GetProcessById(int.Parse(result.StandardOutput, System.Globalization.CultureInfo.InvariantCulture));
        left.Kill();
    }

    private static ToolInvocation Script(string script, params string[] arguments) => new(Shell, ["-c", script, "sh", .. arguments]);

    private static bool IsAlive(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 500 && !condition(); i++)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        condition().ShouldBeTrue();
    }
}
