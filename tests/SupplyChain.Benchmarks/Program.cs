using System.Globalization;

namespace SupplyChain.Benchmarks;

/// <summary>Measures what SupplyChain.Build adds to the SDK's own publish, and what the same work costs by hand.</summary>
internal static class Program
{
    private const string Usage = """
        usage: dotnet run -c Release --project tests/SupplyChain.Benchmarks [-- --rounds N] [--warm-up N]
                 --rounds N    recorded rounds, 5 or more (default 5)
                 --warm-up N   rounds before them that do not count (default 2)
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- accuracy
                 which packages really ship, for each shape of a .NET application, against what bills of materials say
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- sign [--rounds N] [--warm-up N]
                 a signature and four attestations, made side by side, against one cosign sign and against the same in sequence
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- push [MEGABYTES]
                 time and memory of pushing a large image (default 1000 MB) to a local docker-registry, beside crane push
               dotnet run -c Release --project tests/SupplyChain.Benchmarks -- sbom
                 time and size of the bill of materials of large applications and large images
        """;

    public static async Task<int> Main(string[] arguments)
    {
        var (accuracy, sbom, sign) = (arguments is ["accuracy"], arguments is ["sbom", ..], arguments is ["sign", ..]);
        var megabytes = 1000;
        var push = arguments is ["push"] || (arguments is ["push", var size] && int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out megabytes) && megabytes is >= 10 and <= 10_000);
        var (rounds, warmUp) = (0, 0);
        if (arguments is not ["push-once", _, _] && !push && !accuracy && !sbom && !TryRead(sign ? arguments[1..] : arguments, sign ? 15 : 5, out rounds, out warmUp))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        try
        {
            if (sign)
                return await Signing.SigningRun.RunAsync(rounds, warmUp, stop.Token) ? 0 : 1;
            if (arguments is ["push-once", var layout, var host])
                await PushOnce.RunAsync(layout, host, stop.Token);
            else if (push)
                await PushBench.RunAsync(megabytes, rounds: 3, stop.Token);
            else if (accuracy)
                await Accuracy.AccuracyRun.RunAsync(stop.Token);
            else if (sbom)
                await Sboms.SbomRun.RunAsync(arguments[1..], stop.Token);
            else
                await RunAsync(rounds, warmUp, stop.Token);
            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
        {
            Console.Error.WriteLine($"SupplyChain.Benchmarks: {exception.Message}");
            return 1;
        }
    }

    private static async Task RunAsync(int rounds, int warmUp, CancellationToken cancellationToken)
    {
        Console.WriteLine("Setting up: registry, base image, sample vulnerability database, package, key, copies of samples/HelloApi …");
        await using var bench = await Workbench.CreateAsync(cancellationToken);
        IPublish[] ways =
        [
            new SdkPublish(bench), new PackagePublish(bench), new HandPublish(bench), new HandPublish(bench, everything: true),
            new SdkPublish(bench, toArchive: true), new PackagePublish(bench, again: true),
        ];

        Console.WriteLine(await Conditions.DescribeAsync(bench, rounds, warmUp, cancellationToken));
        var measured = ways.ToDictionary(way => way, _ => new List<Measurement>());
        for (var round = 1 - warmUp; round <= rounds; round++)
        {
            Console.Write(round <= 0 ? "warm-up  " : $"round {round,2} ");
            foreach (var way in ways)
            {
                var measurement = await way.PublishAsync($"1.0.{round + warmUp}", cancellationToken);
                Console.Write(string.Create(CultureInfo.InvariantCulture, $"  {way.Letter} {measurement.Total.TotalSeconds:0.00} s"));
                if (round > 0)
                    measured[way].Add(measurement);
            }

            Console.WriteLine();
        }

        Console.WriteLine();
        Console.Write(ResultTable.Write(measured));
    }

    private static bool TryRead(string[] arguments, int defaultRounds, out int rounds, out int warmUp)
    {
        (rounds, warmUp) = (defaultRounds, 2);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return false;
            switch (arguments[i])
            {
                case "--rounds":
                    rounds = number;
                    break;
                case "--warm-up":
                    warmUp = number;
                    break;
                default:
                    return false;
            }
        }

        return rounds >= 5 && warmUp >= 1;
    }
}
