using System.Globalization;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Benchmarks.Reports;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Sboms;

/// <summary>
/// Time and size of the bill of materials of large applications and large systems, and of the reports of many findings: the first time in a process, as in a
/// publish, with the engine of the packed package (compiled ahead of time for linux-x64); and again in the same process.
/// </summary>
internal static class SbomRun
{
    private const int Processes = 5;

    private static readonly (int Packages, int SystemPackages)[] Sizes = [(50, 100), (500, 100), (50, 800), (500, 800)];
    private static readonly int[] Findings = [100, 1000];

    /// <param name="arguments">Empty; or the numbers, in the process that measures: packages of the application and of the system, or findings.</param>
    public static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var numbers = Array.ConvertAll(arguments, argument => int.Parse(argument, CultureInfo.InvariantCulture));
        if (numbers is [var packages, var systemPackages])
            Console.WriteLine(await new SbomSample(packages, systemPackages).MeasureAsync(cancellationToken));
        else if (numbers is [var findings])
            Console.WriteLine(new ReportSample(findings).Measure());
        else
            await CompareAsync(cancellationToken);
    }

    private static async Task CompareAsync(CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        var isBusy = await Conditions.IsBusyAsync(cancellationToken);
        var program = await PrepareAsync(folder.Path, cancellationToken);
        Console.WriteLine(await Conditions.MadeByAsync("sbom", $"medians of {Processes} processes with the engine as the package has it", isBusy, cancellationToken));
        Console.WriteLine("\n| NuGet packages | packages of the system | read the project, ms | build and write both formats, ms | again, ms | CycloneDX | SPDX | largest attestation |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var (packages, systemPackages) in Sizes)
        {
            var runs = await MeasureAsync(program, [$"{packages}", $"{systemPackages}"], cancellationToken);
            Console.WriteLine($"| {packages} | {systemPackages} | {Median(runs, 0)} | {Median(runs, 1)} | {Median(runs, 2)} | {Kilobytes(runs, 3)} | {Kilobytes(runs, 4)} | {Kilobytes(runs, 5)}{(runs[0][6] == "1" ? " (SCB2002)" : "")} |");
        }

        Console.WriteLine("\nAll reports of a verdict (SARIF, HTML, Markdown, both of GitLab, OpenVEX):\n");
        Console.WriteLine("| findings | judge them, ms | write the reports, ms | again, ms | files | size |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var findings in Findings)
        {
            var runs = await MeasureAsync(program, [$"{findings}"], cancellationToken);
            Console.WriteLine($"| {findings} | {Median(runs, 0)} | {Median(runs, 1)} | {Median(runs, 2)} | {runs[0][3]} | {Kilobytes(runs, 4)} |");
        }
    }

    private static async Task<List<string[]>> MeasureAsync(string program, string[] numbers, CancellationToken cancellationToken)
    {
        var runs = new List<string[]>();
        for (var i = 0; i < Processes; i++)
        {
            var run = await Cli.Wrap(program).WithArguments(["sbom", .. numbers]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
            runs.Add(run.IsSuccess ? run.StandardOutput.Trim().Split(' ') : throw new InvalidOperationException(run.StandardError));
        }

        return runs;
    }

    private static string Median(List<string[]> runs, int column) =>
        ResultTable.Median(runs.Select(run => double.Parse(run[column], CultureInfo.InvariantCulture))).ToString("0", CultureInfo.InvariantCulture);

    private static string Kilobytes(List<string[]> runs, int column) => $"{int.Parse(runs[0][column], CultureInfo.InvariantCulture) / 1024} KB";

    /// <summary>A copy of this program with the engine out of a package that is packed now: what lies in the build's folders may be older.</summary>
    private static async Task<string> PrepareAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var feed = Path.Combine(folder, "feed");
        await Workbench.PackAsync(feed, cancellationToken);
        using var package = await ZipFile.OpenReadAsync(Directory.GetFiles(feed, "*.nupkg").Single(), cancellationToken);
        var engine = package.GetEntry("tasks/net10.0/linux-x64/SupplyChain.Core.dll") ?? throw new InvalidOperationException("The package has no engine that is compiled ahead of time.");
        await engine.ExtractToFileAsync(Path.Combine(folder, "SupplyChain.Core.dll"), overwrite: true, cancellationToken);
        return Path.Combine(folder, Path.GetFileName(typeof(SbomRun).Assembly.Location).Replace(".dll", "", StringComparison.Ordinal));
    }
}
