using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using CliWrap;
using CliWrap.Exceptions;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>
/// Runs a tool as a process: an argument list and no shell, an empty standard input, output up to a limit, and the whole process tree ended
/// when the time is over or the build is cancelled.
/// </summary>
public sealed class ToolRunner(TimeProvider? clock = null) : IToolRunner
{
    /// <summary>execve(2), ETXTBSY: another thread's fork still holds the file that has just been written.</summary>
    private const int TextFileBusy = 26;

    /// <summary>In the data of a SCB7002: what the tool had written to standard error.</summary>
    internal const string StandardErrorKey = "standard error";

    private const int ErrorOutputLimit = 1024 * 1024;

    /// <summary>How long a tool may take to end by itself once it has been interrupted.</summary>
    internal TimeSpan InterruptionGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long output is awaited once the tool itself has ended: a child it left behind may hold the pipes open for ever.</summary>
    internal TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        using var timeLimit = new CancellationTokenSource(invocation.TimeLimit, clock ?? TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                stop.Token.ThrowIfCancellationRequested();
                return await RunOnceAsync(invocation, stop.Token);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var timedOut = new DiagnosticException(
                    DiagnosticCodes.ToolTimedOut,
                    $"{Describe(invocation.Tool)} did not end within {Spell(invocation.TimeLimit)} and was stopped. Run it by hand to see what it waits for (network, a prompt, a hardware key), then publish again.");
                // For callers that know what may be repeated of it.
                timedOut.Data[StandardErrorKey] = exception.Data[StandardErrorKey];
                throw timedOut;
            }
            catch (Exception exception) when (attempt < 5 && FindWin32Error(exception) == TextFileBusy && OperatingSystem.IsLinux())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20 * attempt), stop.Token);
            }
            catch (Exception exception) when (exception is Win32Exception or CliWrapException or InvalidOperationException or IOException)
            {
                throw new DiagnosticException(
                    DiagnosticCodes.ToolUnusable,
                    $"{Describe(invocation.Tool)} cannot be started: {exception.Message.TrimEnd('.')}. It must be a program for this machine ({RuntimeInformation.RuntimeIdentifier}) that the current user may execute.",
                    exception);
            }
        }
    }

    private async Task<ToolResult> RunOnceAsync(ToolInvocation invocation, CancellationToken stop)
    {
        var output = new OutputTail(invocation.OutputLimit);
        var errors = new OutputTail(ErrorOutputLimit);
        // Not disposed of: the process may raise its event a moment after all is read, and an exception there would end MSBuild.
        var exited = new CancellationTokenSource();
        using var interrupt = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        using var temporary = invocation.OwnTemporaryFolder ? new TemporaryFolder() : null;
        var command = Cli.Wrap(invocation.Tool.Path)
            .WithArguments(invocation.Arguments)
            .WithEnvironmentVariables(Variables(invocation, temporary))
            .WithWorkingDirectory(invocation.WorkingDirectory ?? Directory.GetCurrentDirectory())
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(invocation.StandardInput is { } input ? PipeSource.Create(async (stream, token) => await stream.WriteAsync(await input.WaitAsync(token), token)) : PipeSource.Null)
            .WithStandardOutputPipe(PipeTarget.Create((stream, token) => ReadAsync(output, stream, exited.Token, token)))
            .WithStandardErrorPipe(PipeTarget.Create((stream, token) => ReadAsync(errors, stream, exited.Token, token)));
        var running = command.ExecuteAsync(null, process => OnExit(process, exited), kill.Token, interrupt.Token);
        var ended = Task.CompletedTask;
        await using var stopping = stop.Register(() => ended = EndAsync(running.ProcessId, running.Task, interrupt, kill));
        try
        {
            var result = await running.Task;
            await ended;
            stop.ThrowIfCancellationRequested();
            return new ToolResult(result.ExitCode, output.ToString(), errors.ToString(), result.RunTime) { OutputWasCut = output.WasCut };
        }
        catch (OperationCanceledException)
        {
            await ended;
            var stopped = new OperationCanceledException(stop);
            stopped.Data[StandardErrorKey] = errors.ToString();
            throw stopped;
        }
    }

    private static Dictionary<string, string?> Variables(ToolInvocation invocation, TemporaryFolder? temporary)
    {
        var variables = ToolVariables.Changes(invocation, Environment.GetEnvironmentVariables().Keys.Cast<string>());
        if (temporary is not null)
            variables["TMPDIR"] = variables["TEMP"] = variables["TMP"] = temporary.Path;
        return variables;
    }

    private static void OnExit(Process process, CancellationTokenSource exited)
    {
        process.Exited += (_, _) => exited.Cancel();
        if (process.HasExited)
            exited.Cancel();
    }

    /// <summary>Reads to the end, or until the tool has ended and whoever still holds the pipe stays silent.</summary>
    private async Task ReadAsync(OutputTail tail, Stream stream, CancellationToken exited, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var registration = exited.Register(() => giveUp.CancelAfter(DrainGrace));
        try
        {
            await tail.ReadAsync(stream, giveUp.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What has been read so far is the tool's own output; a child it left behind is not waited for.
        }
    }

    /// <summary>Interrupts, waits a little, kills. On Windows there is no interrupt without a program that is written to disk first, so it is killed at once.</summary>
    private async Task EndAsync(int processId, Task running, CancellationTokenSource interrupt, CancellationTokenSource kill)
    {
        var tree = ProcessTree.Of(processId);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                await interrupt.CancelAsync();
                await Task.WhenAny(running, Task.Delay(InterruptionGrace, CancellationToken.None));
            }
            await kill.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in between.
        }
        tree.Kill();
    }

    private static int? FindWin32Error(Exception exception) =>
        exception as Win32Exception is { } error ? error.NativeErrorCode : exception.InnerException is { } inner ? FindWin32Error(inner) : null;

    private static string Describe(Tool tool) => $"{tool.Name} ({tool.Path}, found by {tool.FoundBy})";

    private static string Spell(TimeSpan time) => FormattableString.Invariant(
        time >= TimeSpan.FromMinutes(2) ? $"{time.TotalMinutes:0.#} minutes" : (FormattableString)$"{time.TotalSeconds:0.#} seconds");
}
