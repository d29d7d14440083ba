using System.Diagnostics;
using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Sboms;

/// <summary>
/// Time and size of the bill of materials of large applications and large systems: the first time in a process, as in a publish, with the assembly of the package
/// (compiled ahead of time) where it has been built; and again in the same process.
/// </summary>
internal static class SbomRun
{
    private static readonly (int Packages, int SystemPackages)[] Sizes = [(50, 100), (500, 100), (50, 800), (500, 800)];

    /// <param name="arguments">Empty; or the two numbers, in the process that measures.</param>
    public static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is [var packages, var systemPackages])
        {
            Console.WriteLine(await new SbomSample(int.Parse(packages, CultureInfo.InvariantCulture), int.Parse(systemPackages, CultureInfo.InvariantCulture)).MeasureAsync(cancellationToken));
            return;
        }

        using var folder = new TestFolder();
        var program = Prepare(folder.Path, out var ahead);
        Console.WriteLine($"Bill of materials, medians of 5 processes; {(ahead ? "compiled ahead of time, as in the package" : "compiled at run time: src/SupplyChain.Build has not been built in Release")}");
        Console.WriteLine();
        Console.WriteLine("| NuGet packages | packages of the system | read the project, ms | build and write both formats, ms | again, ms | CycloneDX | SPDX | largest attestation |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var size in Sizes)
        {
            var runs = new List<string[]>();
            for (var i = 0; i < 5; i++)
            {
                var run = await Cli.Wrap(program).WithArguments(["sbom", $"{size.Packages}", $"{size.SystemPackages}"]).ExecuteBufferedAsync(cancellationToken);
                runs.Add(run.StandardOutput.Trim().Split(' '));
            }

            var (read, write, again) = (Median(0), Median(1), Median(2));
            Console.WriteLine($"| {size.Packages} | {size.SystemPackages} | {read} | {write} | {again} | {Kilobytes(3)} | {Kilobytes(4)} | {Kilobytes(5)}{(runs[0][6] == "1" ? " (SCB2002)" : "")} |");

            string Median(int column) => runs.Select(run => double.Parse(run[column], CultureInfo.InvariantCulture)).Order().ElementAt(2).ToString("0", CultureInfo.InvariantCulture);
            string Kilobytes(int column) => $"{int.Parse(runs[0][column], CultureInfo.InvariantCulture) / 1024} KB";
        }
    }

    /// <summary>A copy of this program, with the engine as the package has it.</summary>
    private static string Prepare(string folder, out bool ahead)
    {
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var engine = Path.Combine(Toolchain.RepositoryRoot, "src/SupplyChain.Build/bin/Release/net10.0/linux-x64/SupplyChain.Core.dll");
        ahead = File.Exists(engine);
        if (ahead)
            File.Copy(engine, Path.Combine(folder, "SupplyChain.Core.dll"), overwrite: true);
        return Path.Combine(folder, Path.GetFileName(Environment.ProcessPath!));
    }
}
