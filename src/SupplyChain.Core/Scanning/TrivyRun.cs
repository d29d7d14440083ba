using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>The single runs of one scan. The first that fails stops the others.</summary>
internal sealed class TrivyRun(TrivyProcess trivy, TrivyArguments arguments, ScanRequest request, string cacheFolder, CancellationTokenSource abort)
{
    public async Task<(PlatformImage Image, TrivyReport Report)> ScanPlatformAsync(ImageLayout layout, PlatformImage image, string name, string workDirectory)
    {
        var view = Path.Combine(workDirectory, "view");
        var cache = new TrivyScanCache(cacheFolder, Path.Combine(workDirectory, "cache"), name);
        var report = await StoppingOthersAsync(async () =>
        {
            LayoutView.Create(layout, image, view);
            var read = await ScanAsync(image.Platform.ToString(), name, file => arguments.ForLayout(view, file, request.Server is null ? cache.Prepare() : NoDatabase), request.Server is null ? cache : null);
            TrivyReportReader.CheckImage(read, image);
            return read;
        });
        if (request.Server is null)
            cache.Keep();
        return (image, report);
    }

    public async Task<TrivyReport?> ScanInventoryAsync(string inventory) => await StoppingOthersAsync(async () =>
    {
        // A file of packages has no layers to remember.
        var read = await ScanAsync("the inventory", "inventory", file => arguments.ForInventory(inventory, file, request.Server is null ? new TrivyCacheChoice(cacheFolder, InMemory: true) : NoDatabase));
        TrivyReportReader.CheckInventory(read, inventory);
        return read;
    });

    /// <summary>For a client of a server: what it cannot open it cannot fall back to.</summary>
    public TrivyCacheChoice NoDatabase => new(Path.Combine(request.WorkDirectory, "trivy", "no-database"), InMemory: true);

    public async Task<TrivyReport> ScanAsync(string subject, string name, Func<string, IReadOnlyList<string>> commandLine, TrivyScanCache? cache = null)
    {
        // Not in the output folder: where secrets were looked for, the raw report may show one.
        var file = Path.Combine(request.WorkDirectory, $"scan.{name}.trivy.json");
        // What an earlier build left must never be taken for this run's report.
        File.Delete(file);
        var result = await RunAsync(commandLine(file));
        if (result.ExitCode != 0 && cache is { IsWarm: true } && result.Duration < request.TimeLimit / 2)
        {
            cache.Forget();
            result = await RunAsync(commandLine(file));
        }

        if (result.ExitCode != 0)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannerFailed,
                $"Trivy could not scan {subject} (exit code {result.ExitCode}). Its last lines: {TrivyProcess.LastWords(result)}");
        }

        TrivyReport report;
        try
        {
            report = await TrivyReportReader.ReadAsync(file, subject, abort.Token);
        }
        catch (DiagnosticException exception)
        {
            throw TrivyProcess.WithLastWords(exception, "Trivy", result);
        }

        await RawReport.KeepAsync(file, Path.Combine(request.OutputDirectory, Path.GetFileName(file)), report, abort.Token);
        return report;
    }

    private Task<ToolResult> RunAsync(IReadOnlyList<string> commandLine) =>
        trivy.RunAsync(commandLine, TrivyEnvironment.ForScan(request.Environment, request.Server), request.TimeLimit, abort.Token);

    private async Task<TrivyReport> StoppingOthersAsync(Func<Task<TrivyReport>> scan)
    {
        var done = false;
        try
        {
            var report = await scan();
            done = true;
            return report;
        }
        finally
        {
            if (!done)
                await abort.CancelAsync();
        }
    }
}
