namespace SupplyChain.Benchmarks;

/// <summary>One publish: how long it took for the person who waits, and its steps where they are known.</summary>
/// <param name="ProcessorTime">Of all processes that took part but the registry; null where the system does not tell.</param>
internal sealed record Measurement(TimeSpan Total, TimeSpan? ProcessorTime, IReadOnlyList<MeasuredStep> Steps);

internal sealed record MeasuredStep(string Name, TimeSpan Duration);

/// <summary>A way to get the application into the registry.</summary>
internal interface IPublish
{
    char Letter { get; }

    string Description { get; }

    /// <summary>Publishes under a new tag, and checks, outside the measured time, that it is really there.</summary>
    /// <exception cref="InvalidOperationException">It failed, or the result is not what it should be.</exception>
    Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken);
}
