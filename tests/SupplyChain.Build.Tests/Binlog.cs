using Microsoft.Build.Framework;
using Microsoft.Build.Logging.StructuredLogger;

namespace SupplyChain.Build.Tests;

/// <summary>What really ran in a build, as its binary log has it.</summary>
internal sealed class Binlog
{
    public Binlog(string file)
    {
        foreach (var record in new BinLogReader().ReadRecords(file))
        {
            switch (record.Args)
            {
                case TargetStartedEventArgs target:
                    Targets.Add(target.TargetName);
                    break;
                case TaskStartedEventArgs task:
                    Tasks.Add(task.TaskName);
                    break;
            }
        }
    }

    /// <summary>Targets whose condition held, in order; one that was only looked at is not among them.</summary>
    public List<string> Targets { get; } = [];

    /// <summary>Tasks that ran, in order.</summary>
    public List<string> Tasks { get; } = [];

    /// <summary>Targets and tasks of this package.</summary>
    public IEnumerable<string> Ours => Targets.Concat(Tasks).Where(name =>
        name.StartsWith("SupplyChain", StringComparison.Ordinal) || name.StartsWith("_SupplyChain", StringComparison.Ordinal) || TaskNames.Contains(name));

    /// <summary>By their plain names, as a log may have them.</summary>
    private static readonly HashSet<string> TaskNames =
    [
        .. Directory.GetFiles(Path.Combine(SupplyChain.TestKit.Toolchain.RepositoryRoot, "src", "SupplyChain.Build", "Tasks"), "*.cs").Select(Path.GetFileNameWithoutExtension).OfType<string>(),
    ];
}
