using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>The single runs of Grype in one scan. Everything is reported and nothing filtered, because the gate decides.</summary>
internal sealed class GrypeRun(GrypeProcess grype, ScanRequest request, string configuration, string place, CancellationToken cancellationToken)
{
    public async Task<(string? Platform, GrypeReport Report)> ScanSbomAsync(ScanReport listing, string platform, string name, Action<ScanReport, Stream> writeSbom)
    {
        var sbom = Path.Combine(place, $"{name}.cdx.json");
        await using (var stream = File.Create(sbom))
            writeSbom(listing, stream);
        var report = await ScanAsync($"sbom:{sbom}", platform, name);
        GrypeReportReader.CheckSbom(report, sbom, platform, listing.Platforms.Any(one => one.OperatingSystem is not null && one.Packages.Count > 0));
        return (platform, report);
    }

    public async Task<(string? Platform, GrypeReport Report)> ScanImageAsync(ImageLayout layout, PlatformImage image, string name)
    {
        var view = Path.Combine(place, name, "view");
        LayoutView.Create(layout, image, view);
        var report = await ScanAsync($"oci-dir:{view}", image.Platform.ToString(), name);
        GrypeReportReader.CheckImage(report, image);
        return (image.Platform.ToString(), report);
    }

    public async Task<(string? Platform, GrypeReport Report)> ScanInventoryAsync(string inventory)
    {
        var report = await ScanAsync($"sbom:{inventory}", "the inventory", "inventory");
        GrypeReportReader.CheckSbom(report, inventory, "the inventory", hasDistribution: false);
        return (null, report);
    }

    private async Task<GrypeReport> ScanAsync(string target, string subject, string name)
    {
        var file = Path.Combine(request.OutputDirectory, $"scan.{name}.grype.json");
        Directory.CreateDirectory(request.OutputDirectory);
        // What an earlier build left must never be taken for this run's report.
        File.Delete(file);
        var result = await grype.RunAsync([target, "--output", "json", "--file", file, "--config", configuration], GrypeEnvironment.ForScan(request.Environment), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannerFailed,
                $"Grype could not scan {subject} (exit code {result.ExitCode}). Its last lines: {TrivyProcess.LastWords(result)}");
        }

        try
        {
            return await GrypeReportReader.ReadAsync(file, subject, cancellationToken);
        }
        catch (DiagnosticException exception)
        {
            throw TrivyProcess.WithLastWords(exception, "Grype", result);
        }
    }
}

/// <summary>Runs Grype in a folder of ours, where no .grype.yaml of the user lies.</summary>
internal sealed class GrypeProcess(IToolRunner runner, Tool grype, string workDirectory, ScanRequest request)
{
    public Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken) => TrivyProcess.RunAsync(
        runner, new ToolInvocation(grype, arguments) { Environment = environment, WorkingDirectory = workDirectory, TimeLimit = request.TimeLimit }, new SecretMask(), cancellationToken);
}
