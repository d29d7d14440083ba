using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>Says under which conditions the numbers came about: without them they mean nothing.</summary>
internal static class Conditions
{
    public static async Task<string> DescribeAsync(Workbench bench, int rounds, int warmUp, CancellationToken cancellationToken)
    {
        var layout = await BaseImages.LayoutAsync(cancellationToken);
        var size = new DirectoryInfo(Path.Combine(layout, "blobs", "sha256")).EnumerateFiles().Sum(file => file.Length) / 1_000_000;
        var load = await LoadAsync(cancellationToken);
        var text = $"""
            {Environment.ProcessorCount} cores, load {(load is null ? "unknown" : load.Value.ToString("0.0", CultureInfo.InvariantCulture))}, .NET SDK {await bench.SdkVersionAsync(cancellationToken)}, a registry on loopback, a base image of {size} MB.
            Restored and compiled; in each round one file of the application changes (but for e and f), and the tag with it; every publish is `dotnet publish --no-restore /t:PublishContainer`.
            {warmUp} warm-up rounds, {rounds} recorded ones, alternating. Each result is checked after its time was taken.
            CPU is the processor time of all processes that took part, but the registry's.
            """;
        return load > Environment.ProcessorCount / 2.0
            ? $"{text}\nTHE MACHINE IS BUSY: the times say little, CPU says more. Run this again when it is idle."
            : text;
    }

    /// <summary>The line above a table in the documentation: when, on what and by which command it was made.</summary>
    /// <param name="command">The arguments of this program.</param>
    /// <param name="how">For example the number of rounds.</param>
    /// <param name="isBusy">Whether the machine was, before the first measurement: see <see cref="IsBusyAsync"/>.</param>
    public static async Task<string> MadeByAsync(string command, string how, bool isBusy, CancellationToken cancellationToken)
    {
        var sdk = (await Cli.Wrap("dotnet").WithArguments("--version").ExecuteBufferedAsync(cancellationToken)).StandardOutput.Trim();
        var busy = isBusy ? " **Provisional: the machine was busy.**" : "";
        return string.Create(CultureInfo.InvariantCulture, $"Made on {DateTime.UtcNow:yyyy-MM-dd} on {Environment.ProcessorCount} cores with .NET SDK {sdk} by\n`dotnet run -c Release --project tests/SupplyChain.Benchmarks -- {command}`: {how}.{busy}");
    }

    /// <summary>Asked before anything is measured: later it is the measurement itself that keeps the machine busy.</summary>
    public static async Task<bool> IsBusyAsync(CancellationToken cancellationToken) => await LoadAsync(cancellationToken) > Environment.ProcessorCount / 2.0;

    /// <summary>The average number of runnable processes over the last minute; null where the system does not tell.</summary>
    private static async Task<double?> LoadAsync(CancellationToken cancellationToken) =>
        File.Exists("/proc/loadavg")
            ? double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Split(' ')[0], CultureInfo.InvariantCulture)
            : null;
}
