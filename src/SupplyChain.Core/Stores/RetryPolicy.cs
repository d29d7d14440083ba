using System.Globalization;
using System.Runtime.CompilerServices;
using Polly;
using Polly.Retry;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Repeats what failed with a <see cref="RegistryFault"/>: exponential delays with jitter, or what the registry asks for in Retry-After.
/// Every repetition is logged. Other exceptions pass through at once.
/// </summary>
/// <param name="Retries">Repetitions after the first attempt.</param>
/// <param name="FirstDelay">Doubled each time: 0.25 s gives 0.25, 0.5, 1, 2 and 4 s, before jitter.</param>
/// <param name="LongestDelay">A registry that asks for a longer wait is not waited for.</param>
internal sealed record RetryPolicy(int Retries, TimeSpan FirstDelay, TimeSpan LongestDelay, TimeProvider Clock, Action<string> Log)
{
    public static RetryPolicy Default(TimeProvider clock, Action<string> log) =>
        new(5, TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(2), clock, log);

    /// <param name="attempt">Takes the number of the attempt, from 0.</param>
    public async Task<T> RunAsync<T>(Func<int, CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        RegistryFault fault;
        try
        {
            return await attempt(0, cancellationToken);
        }
        catch (RegistryFault first)
        {
            fault = first;
        }
        // Polly is loaded and its pipeline compiled only now: nearly every run needs none of it, and start-up time is part of every publish.
        return await RepeatAsync(fault, attempt, cancellationToken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<T> RepeatAsync<T>(RegistryFault first, Func<int, CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = Clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = Retries,
                Delay = FirstDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                MaxDelay = LongestDelay,
                ShouldHandle = outcome => ValueTask.FromResult(outcome.Outcome.Exception is RegistryFault fault
                    && outcome.AttemptNumber < (fault.Retries ?? Retries)
                    && !(fault.RetryAfter > LongestDelay)),
                DelayGenerator = retry => ValueTask.FromResult((retry.Outcome.Exception as RegistryFault)?.RetryAfter),
                OnRetry = retry =>
                {
                    Log(string.Create(CultureInfo.InvariantCulture, $"{retry.Outcome.Exception?.Message} Trying again in {retry.RetryDelay.TotalSeconds:0.0} s ({retry.AttemptNumber + 1} of {Retries})."));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        var number = 0;
        try
        {
            // The attempt that has failed already is the pipeline's first.
            return await pipeline.ExecuteAsync(
                async token => number++ == 0 ? throw first : await attempt(number - 1, token),
                cancellationToken);
        }
        catch (RegistryFault last)
        {
            throw last.Final;
        }
    }
}
