using System.Diagnostics;
using System.Globalization;

namespace SupplyChain.Core.Tools;

/// <summary>
/// The descendants of a process at one moment. They are noted before the process is interrupted: once it is gone, its children belong to
/// process 1, and killing "the whole tree" no longer finds them.
/// </summary>
internal sealed class ProcessTree
{
    private readonly IReadOnlyList<(int Id, string Start)> _descendants;

    private ProcessTree(IReadOnlyList<(int, string)> descendants) => _descendants = descendants;

    /// <summary>Reads <c>/proc</c>. Elsewhere than on Linux the snapshot is empty, and <see cref="Process.Kill(bool)"/> has to do.</summary>
    public static ProcessTree Of(int processId)
    {
        if (!OperatingSystem.IsLinux())
            return new ProcessTree([]);
        var children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Stat: ReadStat(id)))
            .Where(process => process.Stat is not null)
            .ToLookup(process => process.Stat!.Value.Parent, process => (process.Id, process.Stat!.Value.Start));
        var found = new List<(int Id, string Start)>();
        var open = new Queue<int>([processId]);
        while (open.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                found.Add(child);
                open.Enqueue(child.Id);
            }
        }
        return new ProcessTree(found);
    }

    /// <summary>Kills those that still live. The start time makes sure that an id was not given to another process meanwhile.</summary>
    public void Kill()
    {
        foreach (var (id, start) in _descendants)
        {
            if (ReadStat(id)?.Start != start)
                continue;
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill(entireProcessTree: true);
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It ended by itself in between.
            }
        }
    }

    /// <summary>proc_pid_stat(5): the name in parentheses may hold anything, so the fields are counted from the last one.</summary>
    private static (int Parent, string Start)? ReadStat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
