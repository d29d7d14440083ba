using System.Globalization;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>
/// Watches the processes that are started from here while it lives, and keeps the most that one of them ever had in memory (proc_pid_status(5), VmHWM). It costs a
/// little time, so it goes with rounds that do not count.
/// </summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _others = [.. Descendants([Environment.ProcessId])];
    private readonly Task _work;

    public MemoryWatch() => _work = Task.Run(WatchAsync);

    /// <summary>In MB, and the program's name; so far.</summary>
    public (long Megabytes, string Program) Largest { get; private set; } = (0, "?");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var process in Descendants([Environment.ProcessId]).Except(_others))
                Look(process);
            await Task.Delay(Pause, _stop.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Look(int process)
    {
        // Between fork and exec a process is this one still, with its memory.
        if (Program(process) is not { } program || program == Environment.ProcessPath)
            return;
        if (Read($"/proc/{process}/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is not { } peak)
            return;
        var megabytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
        if (megabytes > Largest.Megabytes)
            Largest = (megabytes, Path.GetFileName(program));
    }

    private static HashSet<int> Descendants(HashSet<int> found)
    {
        if (!Directory.Exists("/proc/self"))
            return found;
        var parents = Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)).Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => (Process: int.Parse(name, CultureInfo.InvariantCulture), Stat: Read($"/proc/{name}/stat")))
            .Where(one => one.Stat.Length > 0)
            .Select(one => (one.Process, Parent: int.Parse(one.Stat[(one.Stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture))).ToList();
        for (var before = 0; before != found.Count;)
        {
            before = found.Count;
            found.UnionWith(parents.Where(one => found.Contains(one.Parent)).Select(one => one.Process));
        }

        found.Remove(Environment.ProcessId);
        return found;
    }

    /// <summary>Null when the process has just ended.</summary>
    private static string? Program(int process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/exe", returnFinalTarget: false)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Empty when the process has just ended.</summary>
    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
