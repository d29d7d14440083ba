using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>Keeps Grype's database fresh before the scans, so that none of them updates it: one build asks and the others wait.</summary>
internal sealed class GrypeDatabase(GrypeProcess grype, TimeProvider clock)
{
    /// <summary>Grype itself does not ask more often.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromHours(2);

    private const int Attempts = 5;

    /// <returns>Grype's cache folder.</returns>
    /// <exception cref="DiagnosticException">SCB3004: there is none, and none can be had.</exception>
    public async Task<string> EnsureAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var folder = GrypeEnvironment.CacheFolder(request.Environment);
        var forbidden = request.Offline ? "SupplyChainOffline=true"
            : request.Environment.GetValueOrDefault("GRYPE_DB_AUTO_UPDATE") is { } value && value.Equals("false", StringComparison.OrdinalIgnoreCase) ? "GRYPE_DB_AUTO_UPDATE=false" : null;
        var problem = forbidden is null ? await UpdateAsync(folder, request, cancellationToken) : $"{forbidden} forbids to download one";
        if (problem is null)
            return folder;
        // An update that fails costs nothing where there is a database: how old it may be is said by SupplyChainMaximumDatabaseAgeDays.
        var status = await grype.RunAsync(["db", "status"], GrypeEnvironment.ForScan(request.Environment), cancellationToken);
        return status.ExitCode == 0 ? folder : throw new DiagnosticException(
            DiagnosticCodes.DatabaseUnavailable,
            $"Grype has no vulnerability database in {folder}, and {problem.TrimEnd('.')}. Bring one (on a machine with a network: grype db update; here: grype db import), or name a mirror in GRYPE_DB_UPDATE_URL.");
    }

    /// <summary>Null: it is up to date.</summary>
    private async Task<string?> UpdateAsync(string folder, ScanRequest request, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var held = await FileLock.AcquireAsync(Path.Combine(folder, "supplychain-update.lock"), request.TimeLimit, clock, cancellationToken);
            var note = Path.Combine(folder, "supplychain-updated");
            if (File.Exists(note) && clock.GetUtcNow() - File.GetLastWriteTimeUtc(note) is var age && age >= TimeSpan.Zero && age < Pause)
                return null;
            for (var attempt = 1; ; attempt++)
            {
                var result = await grype.RunAsync(["db", "update"], GrypeEnvironment.ForDownload(request.Environment), cancellationToken);
                if (result.ExitCode == 0)
                {
                    await File.WriteAllBytesAsync(note, [], cancellationToken);
                    return null;
                }

                if (attempt == Attempts)
                    return $"the update failed (exit code {result.ExitCode}): {TrivyProcess.LastWords(result)}";
                await Task.Delay(TimeSpan.FromSeconds(1 << attempt), clock, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return $"the update failed: {SingleLine.Of(exception.Message)}";
        }
    }
}
