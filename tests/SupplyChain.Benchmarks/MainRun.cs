using System.Globalization;

namespace SupplyChain.Benchmarks;

/// <summary>A small application: the SDK alone, with the package, and by hand, in turns.</summary>
internal static class MainRun
{
    public static async Task RunAsync(Rounds rounds, CancellationToken cancellationToken)
    {
        Console.WriteLine("Setting up: registry, base image, sample vulnerability database, package, key, copies of samples/HelloApi …");
        await using var bench = await Workbench.CreateAsync(cancellationToken);
        IPublish[] ways =
        [
            new SdkPublish(bench), new PackagePublish(bench), new HandPublish(bench), new HandPublish(bench, everything: true),
            new SdkPublish(bench, toArchive: true), new PackagePublish(bench, again: true), new PackagePublish(bench, least: true),
        ];

        Console.WriteLine(await Conditions.DescribeAsync(bench, rounds.Recorded, rounds.WarmUp, cancellationToken));
        var measured = ways.ToDictionary(way => way, _ => new List<Measurement>());
        for (var round = 1 - rounds.WarmUp; round <= rounds.Recorded; round++)
        {
            Console.Write(round <= 0 ? "warm-up  " : $"round {round,2} ");
            foreach (var way in ways)
            {
                var measurement = await way.PublishAsync($"1.0.{round + rounds.WarmUp}", cancellationToken);
                Console.Write(string.Create(CultureInfo.InvariantCulture, $"  {way.Letter} {measurement.Total.TotalSeconds:0.00} s"));
                if (round > 0)
                    measured[way].Add(measurement);
            }

            Console.WriteLine();
        }

        Console.WriteLine();
        Console.Write(ResultTable.Write(measured));
    }
}
