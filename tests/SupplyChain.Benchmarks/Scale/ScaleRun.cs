using System.Globalization;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>Large and many: each row with the package and by hand, in turns, in one run. Prints the table for docs/performance.md.</summary>
internal static class ScaleRun
{
    /// <summary>By hand too, every image gets all the evidence that the package makes, and each is verified.</summary>
    private const string SameEvidence = "--same-evidence";

    /// <summary>What may be named on the command line.</summary>
    public static IReadOnlyList<string> Names => [SameEvidence, "solution", "packages", "layer", "platforms"];

    /// <returns>Whether every row could be measured; one that cannot does not lose the others.</returns>
    public static async Task<bool> RunAsync(Rounds rounds, CancellationToken cancellationToken)
    {
        var sameEvidence = rounds.Only.Contains(SameEvidence);
        var isBusy = await Conditions.IsBusyAsync(cancellationToken);
        var chosen = rounds.Only.Where(name => name != SameEvidence).ToArray();
        Console.Error.WriteLine("Setting up: registry, base image, sample vulnerability database, package, key …");
        await using var bench = await Workbench.CreateAsync(cancellationToken);
        var (results, complete) = (new List<ScaleResult>(), true);
        foreach (var row in ScaleRows.All(bench, sameEvidence).Where(row => chosen.Length == 0 || chosen.Contains(row.Name)))
        {
            Console.Error.WriteLine($"{row.Name}: {row.Description}");
            try
            {
                await row.PrepareAsync(cancellationToken);
                results.Add(await MeasureAsync(row, rounds.Recorded, rounds.WarmUp, cancellationToken));
            }
            catch (Exception exception) when (exception is InvalidOperationException or IOException)
            {
                Console.Error.WriteLine($"{row.Name} could not be measured: {exception.Message}");
                complete = false;
            }
        }

        var command = string.Join(' ', ["scale", "--rounds", rounds.Recorded.ToString(CultureInfo.InvariantCulture), .. rounds.Only]);
        Console.WriteLine(await Conditions.MadeByAsync(command, $"medians of {rounds.Recorded} {(rounds.Recorded == 1 ? "round" : "rounds")}, in turns, after {rounds.WarmUp} that {(rounds.WarmUp == 1 ? "does" : "do")} not count", isBusy, cancellationToken));
        Console.WriteLine();
        Console.WriteLine(sameEvidence ? ScaleTable.WithAll : ScaleTable.WithLess);
        Console.WriteLine();
        Console.Write(ScaleTable.Write(results));
        return complete;
    }

    private static async Task<ScaleResult> MeasureAsync(ScaleRow row, int rounds, int warmUp, CancellationToken cancellationToken)
    {
        var result = new ScaleResult(row.Name, row.Description);
        for (var round = 1 - warmUp; round <= rounds; round++)
        {
            var tag = $"1.0.{round + warmUp}";
            // Who goes first finds the files of the base image colder, so they take turns.
            foreach (var ours in round % 2 == 0 ? new[] { true, false } : [false, true])
            {
                var side = ours ? result.Package : result.Hand;
                var measurement = round > 0 ? await PublishAsync(row, ours, tag, cancellationToken) : await WatchAsync(row, ours, tag, side, cancellationToken);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(round > 0 ? $"round {round}" : "warm-up")}  {(ours ? "package" : "by hand")}  {measurement.Total.TotalSeconds:0.0} s"));
                if (round > 0)
                    side.Measurements.Add(measurement);
            }
        }

        return result;
    }

    private static Task<Measurement> PublishAsync(ScaleRow row, bool ours, string tag, CancellationToken cancellationToken) =>
        ours ? row.WithPackageAsync(tag, cancellationToken) : row.ByHandAsync(tag, cancellationToken);

    private static async Task<Measurement> WatchAsync(ScaleRow row, bool ours, string tag, ScaleSide side, CancellationToken cancellationToken)
    {
        await using var watch = new MemoryWatch();
        var measurement = await PublishAsync(row, ours, tag, cancellationToken);
        side.Memory = watch.Largest;
        return measurement;
    }
}

/// <summary>What one row came to.</summary>
internal sealed record ScaleResult(string Name, string Description)
{
    public ScaleSide Package { get; } = new();

    public ScaleSide Hand { get; } = new();
}

/// <summary>With the package, or by hand.</summary>
internal sealed class ScaleSide
{
    public List<Measurement> Measurements { get; } = [];

    /// <summary>Of the largest process, in the last round that did not count.</summary>
    public (long Megabytes, string Program) Memory { get; set; }

    public double Seconds => ResultTable.Median(Measurements.Select(measurement => measurement.Total.TotalSeconds));

    /// <summary>Of these steps together.</summary>
    public double SecondsOf(params string[] steps) =>
        ResultTable.Median(Measurements.Select(measurement => measurement.Steps.Where(step => steps.Contains(step.Name)).Sum(step => step.Duration.TotalSeconds)));
}
