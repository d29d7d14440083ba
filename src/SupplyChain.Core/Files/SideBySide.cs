using System.Runtime.ExceptionServices;

namespace SupplyChain.Core.Files;

/// <summary>Work on files that does not depend on each other.</summary>
internal static class SideBySide
{
    /// <summary>Several at a time. The first failure ends it, and is thrown as it is.</summary>
    internal static void ForEach<T>(IReadOnlyList<T> items, Action<T> act, CancellationToken cancellationToken)
    {
        // Work with files keeps a reading and a hashing thread busy and holds two buffers; more than four at a time only costs memory.
        var others = new Task[Math.Clamp(Math.Min(items.Count, Environment.ProcessorCount), 1, 4) - 1];
        var (next, failure) = (-1, (Exception?)null);
        for (var i = 0; i < others.Length; i++)
            others[i] = Task.Run(Work, CancellationToken.None);
        Work();
        Task.WaitAll(others, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        // Not Parallel.ForEach: the runtime compiles all of it anew in each process.
        void Work()
        {
            try
            {
                for (int index; Volatile.Read(ref failure) is null && (index = Interlocked.Increment(ref next)) < items.Count;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    act(items[index]);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }
    }
}
