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
        await Parallel.ForEachAsync(
            Enumerable.Range(0, items.Count),
            new ParallelOptions { MaxDegreeOfParallelism = degree, CancellationToken = cancellationToken },
            async (index, token) => results[index] = await ask(items[index], token));
        return results;
    }
}
