using System.Collections.Concurrent;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>The single runs of one scan. The first that fails stops the others.</summary>
/// <param name="database">The database by its content, once that is known; null: it is not, or a server has it.</param>
internal sealed class TrivyRun(
    TrivyProcess trivy, TrivyArguments arguments, ScanRequest request, string cacheFolder, CancellationTokenSource abort, Task<Digest?>? database = null, TimeProvider? clock = null)
{
    private readonly ConcurrentBag<(ScanTimes Times, bool IsKept)> _runs = [];

    /// <summary>From the beginning of the first to the end of the last; null: there was none.</summary>
    public ScanTimes? Times => _runs.IsEmpty ? null : new ScanTimes(_runs.Min(run => run.Times.StartedAt), _runs.Max(run => run.Times.FinishedAt));

    /// <summary>No process of the scanner was needed.</summary>
    public bool IsKept => !_runs.IsEmpty && _runs.All(run => run.IsKept);

    public async Task<(PlatformImage Image, TrivyReport Report)> ScanPlatformAsync(ImageLayout layout, PlatformImage image, string name, string workDirectory)
    {
        var view = Path.Combine(workDirectory, "view");
        var cache = new TrivyScanCache(cacheFolder, Path.Combine(workDirectory, "cache"), name);
        var report = await StoppingOthersAsync(async () =>
        {
            LayoutView.Create(layout, image, view);
            var read = await ScanAsync(image.Platform.ToString(), name, file => arguments.ForLayout(view, file, request.Server is null ? cache.Prepare() : NoDatabase), request.Server is null ? cache : null, image.Manifest.Digest);
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
        var read = await ScanAsync("the inventory", "inventory", file => arguments.ForInventory(inventory, file, request.Server is null ? new TrivyCacheChoice(cacheFolder, InMemory: true) : NoDatabase), subjectDigest: Digest.Of(await File.ReadAllBytesAsync(inventory, abort.Token)));
        TrivyReportReader.CheckInventory(read, inventory);
        return read;
    });

    /// <summary>For a client of a server: what it cannot open it cannot fall back to.</summary>
    public TrivyCacheChoice NoDatabase => new(Path.Combine(request.WorkDirectory, "trivy", "no-database"), InMemory: true);

    public async Task<TrivyReport> ScanAsync(string subject, string name, Func<string, IReadOnlyList<string>> commandLine, TrivyScanCache? cache = null, Digest? subjectDigest = null)
    {
        // Not in the output folder: where secrets were looked for, the raw report may show one.
        var file = Path.Combine(request.WorkDirectory, $"scan.{name}.trivy.json");
        // What an earlier build left must never be taken for this run's report.
        File.Delete(file);
        if (await TakeAsync(subject, name, subjectDigest, file) is { } kept)
            return kept;
        var startedAt = Now();
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

        var times = new ScanTimes(startedAt, Now());
        _runs.Add((times, IsKept: false));
        // What may show a secret is not kept.
        if (request.Kept is { } reports && report.Results.All(part => part.Secrets.Count == 0))
            reports.Keep(name, await KeyAsync(reports, subjectDigest), file, times);
        await RawReport.KeepAsync(file, Path.Combine(request.OutputDirectory, Path.GetFileName(file)), report, abort.Token);
        return report;
    }

    private async Task<TrivyReport?> TakeAsync(string subject, string name, Digest? subjectDigest, string file)
    {
        if (request.Kept is not { } reports || !reports.Has(name) || reports.Take(name, await KeyAsync(reports, subjectDigest), file) is not { } times)
            return null;
        try
        {
            var report = await TrivyReportReader.ReadAsync(file, subject, abort.Token);
            await RawReport.KeepAsync(file, Path.Combine(request.OutputDirectory, Path.GetFileName(file)), report, abort.Token);
            _runs.Add((times, IsKept: true));
            return report;
        }
        catch (DiagnosticException)
        {
            // It is damaged; a scan makes another one.
            File.Delete(file);
            return null;
        }
    }

    private async Task<string?> KeyAsync(KeptReports reports, Digest? subject) =>
        subject is { } known && database is not null ? reports.KeyOf(known, await database, request.Secrets) : null;

    private DateTimeOffset Now() => (clock ?? TimeProvider.System).GetUtcNow();

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
