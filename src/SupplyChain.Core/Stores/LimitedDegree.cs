using System.Runtime.ExceptionServices;

namespace SupplyChain.Core.Stores;

/// <summary>Many questions at once, but not all: whoever may write to a repository decides how many referrers an image has.</summary>
internal static class LimitedDegree
{
    public const int Default = 8;

    /// <summary>In the order of the items; the first failure ends it.</summary>
    public static async Task<TResult[]> RunAsync<T, TResult>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task<TResult>> ask, CancellationToken cancellationToken, int degree = Default)
    {
        var results = new TResult[items.Count];
        await ForEachAsync(items.Count, async (index, token) => results[index] = await ask(items[index], token), cancellationToken, degree);
        return results;
    }

    /// <summary>The first failure cancels the others, and is thrown when they have ended.</summary>
    public static Task ForEachAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> act, CancellationToken cancellationToken, int degree = Default) =>
        ForEachAsync(items.Count, (index, token) => act(items[index], token), cancellationToken, degree);

    // Not Parallel.ForEachAsync: the runtime compiles all of it anew in each process.
    private static async Task ForEachAsync(int count, Func<int, CancellationToken, Task> act, CancellationToken cancellationToken, int degree)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (next, failure) = (-1, (ExceptionDispatchInfo?)null);
        var workers = new Task[Math.Min(degree, count)];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync();
        await Task.WhenAll(workers);
        failure?.Throw();

        async Task WorkAsync()
        {
            try
            {
                for (int index; (index = Interlocked.Increment(ref next)) < count;)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    await act(index, stop.Token);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                await stop.CancelAsync();
            }
        }
    }
}
