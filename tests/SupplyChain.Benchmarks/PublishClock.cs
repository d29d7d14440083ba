using System.Diagnostics;
using System.Globalization;

namespace SupplyChain.Benchmarks;

/// <summary>
/// Wall clock, and the processor time of all processes that were started and have ended since. The second hardly changes when the machine has
/// other work to do.
/// </summary>
internal sealed class PublishClock
{
    // USER_HZ: what the kernel tells programs, on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan? _processorTime = ChildrenProcessorTime();

    /// <param name="steps">Those of the publish, where they are known.</param>
    public Measurement Stop(IReadOnlyList<MeasuredStep> steps) =>
        new(Stopwatch.GetElapsedTime(_began), ChildrenProcessorTime() - _processorTime, steps);

    /// <summary>User and system time of the ended children and theirs (proc_pid_stat(5), fields 16 and 17); null where there is no such file.</summary>
    private static TimeSpan? ChildrenProcessorTime()
    {
        const string file = "/proc/self/stat";
        if (!File.Exists(file))
            return null;
        // The second field, the program's name in parentheses, may have anything in it.
        var text = File.ReadAllText(file);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }
}
