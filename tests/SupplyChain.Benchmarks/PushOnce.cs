using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Benchmarks;

/// <summary>What one push took.</summary>
/// <param name="Seconds">The push alone: in a build, the process and its runtime are there already.</param>
/// <param name="PeakMegabytes">The most that the process ever had in memory.</param>
/// <param name="BeforeMegabytes">The same before the push began.</param>
internal sealed record PushResult(double Seconds, long PeakMegabytes, long BeforeMegabytes)
{
    /// <summary>From the start of the process to its end.</summary>
    public double ProcessSeconds { get; init; }

    /// <summary>Writes to the registry when the same layout is pushed a second time.</summary>
    public int UploadsAgain { get; init; }
}

/// <summary>Pushes one layout and prints what it took; a process of its own for <see cref="PushBench"/>.</summary>
internal static class PushOnce
{
    public static async Task RunAsync(string directory, string host, CancellationToken cancellationToken)
    {
        var layout = Read(directory);
        using var http = RegistryHttp.CreateClient();
        var settings = new RegistrySettings(_ => null, _ => { }, TimeProvider.System);
        var store = new RegistryStore(new ImageReference(host, "large"), http, new NoCredentials(), settings);
        var verdict = new GateVerdict(layout.Root.Digest, true, [], "not scanned: a measurement");
        var before = Peak();
        var began = Stopwatch.GetTimestamp();
        await new ImagePusher().PushAsync(layout, store, verdict, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(JsonSerializer.Serialize(new PushResult(seconds, Peak(), before)));
    }

    private static ImageLayout Read(string directory)
    {
        byte[] Blob(Descriptor descriptor) => File.ReadAllBytes(Path.Combine(directory, "blobs", "sha256", descriptor.Digest.Hex));
        var graph = new ImageDocuments(Blob).Read(File.ReadAllBytes(Path.Combine(directory, "index.json")));
        return new ImageLayout(directory, graph.Root, graph.Platforms);
    }

    /// <summary>In MB (proc_pid_status(5), VmHWM); the working set where there is no such file.</summary>
    private static long Peak()
    {
        const string file = "/proc/self/status";
        return File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000
            : Process.GetCurrentProcess().PeakWorkingSet64 / 1_000_000;
    }

    private sealed class NoCredentials : ICredentialSource
    {
        public Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken) =>
            Task.FromResult(new CredentialLookup(null, "there are none"));
    }
}
