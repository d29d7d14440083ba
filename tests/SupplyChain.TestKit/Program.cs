using SupplyChain.TestKit.Advisories;

namespace SupplyChain.TestKit;

/// <summary>What the demo and the benchmark need of the test parts, as commands.</summary>
internal static class Program
{
    private const string Usage = """
        usage: SupplyChain.TestKit advisory-database FOLDER
                 Writes a sample vulnerability database (a few real advisories) into a trivy cache folder, for trivy --cache-dir FOLDER --skip-db-update.
               SupplyChain.TestKit base-image push HOST:PORT [--multi-platform]
                 Pushes the sample base image as HOST:PORT/dotnet/aspnet:10.0 and prints that reference.
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
            switch (arguments)
            {
                case ["advisory-database", var folder]:
                    AdvisoryDatabase.Write(folder, SampleAdvisories.All);
                    Console.WriteLine($"{folder}: sample database of {SampleAdvisories.All.Count} advisories");
                    return 0;
                case ["base-image", "push", var host]:
                    Console.WriteLine(await BaseImages.PushToAsync(host, stop.Token));
                    return 0;
                case ["base-image", "push", var host, "--multi-platform"]:
                    Console.WriteLine(await BaseImages.PushMultiPlatformToAsync(host, stop.Token));
                    return 0;
                case ["help" or "--help" or "-h"]:
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Console.Error.WriteLine($"SupplyChain.TestKit: {exception.Message}");
            return 1;
        }
    }
}
