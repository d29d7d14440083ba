namespace SupplyChain.Build;

/// <summary>The reports of a publish that goes on: written beside the push, and there before the tag is.</summary>
internal sealed class ReportWork(Task<IReadOnlyList<string>> writing) : IDisposable
{
    /// <summary>For an engine that keeps no objects between the steps.</summary>
    public static ReportWork None => new(Task.FromResult<IReadOnlyList<string>>([]));

    /// <summary>Lines that must be printed exactly so.</summary>
    public Task<IReadOnlyList<string>> Lines => writing;

    /// <summary>A publish that fails on its way keeps its reports too; what went wrong with them no longer matters.</summary>
    public void Dispose() => Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(10))).GetAwaiter().GetResult();
}
