using System.Diagnostics;

namespace SupplyChain.TestKit;

/// <summary>Waits for what another thread or process does, and not for ever: what never comes is a failed test with a name, not a run that hangs.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>A process that was told to end and does not within a quarter of a minute is killed, with what it has started.</summary>
    public static async Task EndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What serves a test is given up when it does not end with the test.</summary>
    public static async Task EndAsync(Task serving)
    {
        try
        {
            await serving.WaitAsync(TimeSpan.FromSeconds(15));
        }
        catch (TimeoutException)
        {
        }
    }

    /// <param name="what">For people: what is waited for.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task UntilAsync(Func<bool> condition, string what, CancellationToken cancellationToken)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(10, cancellationToken))
        {
            if (TimeProvider.System.GetElapsedTime(start) > Limit)
                throw new TimeoutException($"waited {Limit.TotalSeconds:0} seconds in vain for this: {what}");
        }
    }
}
