using System.Globalization;

namespace SupplyChain.Benchmarks;

/// <summary>Measures what SupplyChain.Build adds to the SDK's own publish, and what the same work costs by hand.</summary>
internal static class Program
{
    private const string Usage = """
        usage: dotnet run -c Release --project tests/SupplyChain.Benchmarks [-- --rounds N] [--warm-up N]
                 --rounds N    recorded rounds, 5 or more (default 5)
                 --warm-up N   rounds before them that do not count (default 2)
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- scale [--rounds N] [--warm-up N] [--same-evidence] [solution] [packages] [layer] [platforms]
                 a solution of ten services, many packages, a layer of 1 GB, three platforms, each against the same by hand (default: all, 3 rounds, 1 before them);
                 --same-evidence: by hand too, each document that the package attests, and all of it verified
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- accuracy
                 which packages really ship, for each shape of a .NET application, against what bills of materials say
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- sign [--rounds N] [--warm-up N]
                 a signature and four attestations, made side by side, against one cosign sign and against the same in sequence
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- push [MEGABYTES]
                 time and memory of pushing a large image (default 1000 MB) to a local docker-registry, beside crane push
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- sbom
                 time and size of the bill of materials of large applications and large images, and of the reports of many findings
        """;

    public static async Task<int> Main(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        try
        {
            if (Choose(arguments, stop.Token) is { } run)
                return await run() ? 0 : 1;
            Console.Error.WriteLine(Usage);
            return 2;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
        {
            Console.Error.WriteLine($"SupplyChain.Benchmarks: {exception.Message}");
            return 1;
        }
    }

    /// <returns>What to run, which says whether its limits are held; null: the arguments are wrong.</returns>
    private static Func<Task<bool>>? Choose(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var name, .. var rest] || name.StartsWith('-'))
            return Rounds.TryRead(arguments, new Rounds(5, 2), least: 5, []) is { } main ? Always(() => MainRun.RunAsync(main, cancellationToken)) : null;
        return (name, rest) switch
        {
            ("scale", _) => Rounds.TryRead(rest, new Rounds(3, 1), least: 1, Scale.ScaleRun.Names) is { } scale ? () => Scale.ScaleRun.RunAsync(scale, cancellationToken) : null,
            ("sign", _) => Rounds.TryRead(rest, new Rounds(15, 2), least: 5, []) is { } sign ? () => Signing.SigningRun.RunAsync(sign.Recorded, sign.WarmUp, cancellationToken) : null,
            ("accuracy", []) => Always(() => Accuracy.AccuracyRun.RunAsync(cancellationToken)),
            ("sbom", _) when rest.Length < 3 && rest.All(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)) => Always(() => Sboms.SbomRun.RunAsync(rest, cancellationToken)),
            ("push", []) => Always(() => PushBench.RunAsync(megabytes: 1000, rounds: 3, cancellationToken)),
            ("push", [var size]) when int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) && megabytes is >= 10 and <= 10_000 => Always(() => PushBench.RunAsync(megabytes, rounds: 3, cancellationToken)),
            ("push-once", [var layout, var host]) => Always(() => PushOnce.RunAsync(layout, host, cancellationToken)),
            _ => null,
        };

        static Func<Task<bool>> Always(Func<Task> run) => async () =>
        {
            await run();
            return true;
        };
    }
}
