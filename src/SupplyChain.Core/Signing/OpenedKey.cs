using System.Collections.Concurrent;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Processes of cosign in which the signing key is open already, and which wait for what they are to sign. Opening a key (scrypt) is a fifth of a
/// second of computing, signing is none; so the keys are opened beside the SDK's work, and nothing is handed over before the image may be signed.
/// A process that ended, for whatever reason, is no loss: who wants to sign then starts one, and hears from that one what is wrong.
/// </summary>
internal sealed class OpenedKey : IDisposable
{
    /// <summary>For the SDK's work and the scan; whoever needs longer signs without.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(30);

    /// <summary>About as long as opening takes. One processor stays for the SDK's own work, which everything waits for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount - 1);

    // Not disposed of: it has no timer, and a second Dispose may still cancel it.
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Waiting> _waiting;
    private readonly Task _all;

    private OpenedKey() => (_waiting, _all) = ([], Task.CompletedTask);

    private OpenedKey(IToolRunner runner, Tool cosign, SigningSettings settings, SigningIdentity identity, IMachine machine, int count, string directory)
    {
        var work = new WorkFolder(Directory.CreateDirectory(directory).FullName);
        var arguments = new CosignArguments(settings, identity, work.Path);
        _waiting = new(Enumerable.Range(0, count).Select(number => new Waiting(work.File($"{number}.bundle"))));
        Waiting[] waiting = [.. _waiting];
        _all = Task.Run(async () =>
        {
            using (work)
                await Task.WhenAll(waiting.Select((one, number) => RunAsync(one, Pause * (number / AtOnce), runner, cosign, arguments, machine)));
        });
    }

    /// <summary>Nothing is open.</summary>
    public static OpenedKey None() => new();

    /// <summary>None where it would not help or not be the same: keyless, key services, and signatures that a log or a timestamp server has a part in.</summary>
    /// <param name="count">How many signatures will be wanted.</param>
    /// <param name="directory">The intermediate folder.</param>
    public static OpenedKey Open(IToolRunner runner, Tool cosign, SigningSettings settings, SigningIdentity identity, IMachine machine, int count, string directory) =>
        identity.Key is { } key && (key.IsFile || key.Value.StartsWith("env://", StringComparison.Ordinal))
        && !settings.UsesTransparencyLog(keyless: false) && string.IsNullOrWhiteSpace(settings.TimestampServerUrl) && string.IsNullOrWhiteSpace(settings.SigningConfig)
            ? new OpenedKey(runner, cosign, settings, identity, machine, count, directory)
            : None();

    /// <summary>The bundle that cosign makes over these bytes, a message signature; null: no process is left that can.</summary>
    public async Task<byte[]?> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        while (_waiting.TryDequeue(out var one))
        {
            one.Message.TrySetResult(message);
            if (await one.Bundle.Task.WaitAsync(cancellationToken) is { } bundle)
                return bundle;
        }

        return null;
    }

    private async Task RunAsync(Waiting one, TimeSpan pause, IToolRunner runner, Tool cosign, CosignArguments arguments, IMachine machine)
    {
        try
        {
            await Task.WhenAny(one.Message.Task, Task.Delay(pause, _stop.Token));
            var result = await runner.RunAsync(
                new ToolInvocation(cosign, arguments.Attest("-", one.File, new CosignDialect(), isMessage: true))
                {
                    Environment = CosignEnvironment.ForSigning(machine),
                    StandardInput = one.Message.Task,
                    TimeLimit = TimeLimit,
                    OutputLimit = 64 * 1024,
                },
                _stop.Token);
            one.Bundle.SetResult(result.ExitCode == 0 ? await File.ReadAllBytesAsync(one.File, _stop.Token) : null);
        }
        catch (Exception exception) when (exception is DiagnosticException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            one.Bundle.SetResult(null);
        }
    }

    /// <summary>Ends what still waits: its key is closed, and it has signed nothing.</summary>
    public void Dispose()
    {
        // Nobody gets what is left; and this may be asked for twice, by the step that signs and by the end of the build.
        _waiting.Clear();
        _stop.Cancel();
        Task.WhenAny(_all, Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
    }

    private sealed record Waiting(string File)
    {
        public TaskCompletionSource<ReadOnlyMemory<byte>> Message { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<byte[]?> Bundle { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
