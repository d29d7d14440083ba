using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>One line of the table: the same images, published with the package and by hand.</summary>
/// <param name="sameEvidence">By hand too, all the evidence that the package makes.</param>
internal abstract class ScaleRow(Workbench bench, bool sameEvidence)
{
    /// <summary>To choose it on the command line.</summary>
    public abstract string Name { get; }

    public abstract string Description { get; }

    protected Workbench Bench => bench;

    /// <summary>Base images, packages, projects; restored, and published never.</summary>
    public abstract Task PrepareAsync(CancellationToken cancellationToken);

    public abstract Task<Measurement> WithPackageAsync(string tag, CancellationToken cancellationToken);

    public abstract Task<Measurement> ByHandAsync(string tag, CancellationToken cancellationToken);

    /// <summary>What every publish with the package is told.</summary>
    protected string[] Arguments(string tag) => ["--no-restore", "/t:PublishContainer", $"-p:ContainerRegistry={bench.Host}", $"-p:ContainerImageTag={tag}", $"-p:SupplyChainSigningKey={bench.KeyFile}"];

    /// <summary>The steps are the sums over all.</summary>
    protected async Task<Measurement> ByHandAsync(IEnumerable<HandWork> works, CancellationToken cancellationToken)
    {
        var (done, clock) = (new List<(HandWork Work, HandCommands Commands)>(), new PublishClock());
        foreach (var work in works)
        {
            var commands = new HandCommands(bench);
            await commands.PublishAsync(work with { Everything = sameEvidence }, cancellationToken);
            done.Add((work, commands));
        }

        var measurement = clock.Stop(Sum(done.SelectMany(one => one.Commands.Steps)));
        foreach (var (work, commands) in done)
            await commands.CheckAsync(work, cancellationToken);
        return measurement;
    }

    protected static IReadOnlyList<MeasuredStep> Sum(IEnumerable<MeasuredStep> steps) =>
        [.. steps.GroupBy(step => step.Name).Select(same => new MeasuredStep(same.Key, TimeSpan.FromTicks(same.Sum(step => step.Duration.Ticks))))];
}
