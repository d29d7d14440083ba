using System.Globalization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Keeps the shared vulnerability database fresh, so that no scan ever updates it: scans that run side by side would each download it, and one
/// would read what another is writing. One build downloads and the others wait for it.
/// </summary>
internal sealed class TrivyDatabase(TrivyProcess trivy, TimeProvider clock)
{
    /// <summary>Where Trivy looks by itself, in its order (since 0.60). Named only where a mirror has one of them.</summary>
    public static IReadOnlyList<string> OfTrivy { get; } = ["mirror.gcr.io/aquasec/trivy-db:2", "ghcr.io/aquasecurity/trivy-db:2"];

    /// <summary>Returns the cache folder with a database in it, and the time of that database.</summary>
    /// <exception cref="DiagnosticException">SCB3004: there is none, and none can be had.</exception>
    public async Task<(string CacheFolder, TrivyDatabaseMetadata Metadata)> EnsureAsync(ScanRequest request, TrivyArguments arguments, CancellationToken cancellationToken)
    {
        var folder = TrivyCacheDirectory.Of(request);
        var present = TrivyDatabaseMetadata.Read(folder);
        if (present is not null && present.IsFresh(clock.GetUtcNow()))
            return (folder, present);

        var forbidden = request.Offline ? "SupplyChainOffline=true" : TrivyEnvironment.IsOn(request.Environment, "TRIVY_SKIP_DB_UPDATE") ? "TRIVY_SKIP_DB_UPDATE=true" : null;
        if (forbidden is not null)
        {
            return (folder, present ?? throw new DiagnosticException(
                DiagnosticCodes.DatabaseUnavailable,
                $"Trivy has no vulnerability database in {folder}, and {forbidden} forbids to download one. Copy one there (on a machine with a network: trivy image --download-db-only), point TRIVY_CACHE_DIR to a folder that has one, or allow the download."));
        }

        return (folder, await UpdateAsync(folder, request, arguments, cancellationToken));
    }

    private async Task<TrivyDatabaseMetadata> UpdateAsync(string folder, ScanRequest request, TrivyArguments arguments, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var held = await FileLock.AcquireAsync(Path.Combine(folder, "supplychain-update.lock"), request.TimeLimit, clock, cancellationToken);
            if (TrivyDatabaseMetadata.Read(folder) is { } updated && updated.IsFresh(clock.GetUtcNow()))
                return updated;
            await DownloadAsync(folder, request, arguments, cancellationToken);
            return TrivyDatabaseMetadata.Read(folder) ?? throw Unavailable(folder, "what was downloaded is not a vulnerability database");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw Unavailable(folder, SingleLine.Of(exception.Message), exception);
        }
    }

    /// <summary>
    /// Into a folder of its own first, then moved over the old one, database before metadata: a scan that is reading keeps its open file, and one that
    /// starts meanwhile finds a whole database, the old or the new.
    /// </summary>
    private async Task DownloadAsync(string folder, ScanRequest request, TrivyArguments arguments, CancellationToken cancellationToken)
    {
        var staging = Path.Combine(folder, "supplychain-update");
        // Held by the lock: what is there was left by a build that was killed.
        Delete(staging);
        Directory.CreateDirectory(staging);
        try
        {
            await FetchAsync(folder, staging, request, arguments, cancellationToken);
            if (TrivyDatabaseMetadata.Read(staging) is null)
                throw Unavailable(folder, "what was downloaded is not a vulnerability database");
            Directory.CreateDirectory(Path.Combine(folder, "db"));
            File.Move(TrivyDatabaseMetadata.DatabaseFile(staging), TrivyDatabaseMetadata.DatabaseFile(folder), overwrite: true);
            File.Move(TrivyDatabaseMetadata.MetadataFile(staging), TrivyDatabaseMetadata.MetadataFile(folder), overwrite: true);
        }
        finally
        {
            Delete(staging);
        }
    }

    private async Task FetchAsync(string folder, string staging, ScanRequest request, TrivyArguments arguments, CancellationToken cancellationToken)
    {
        // Two ways to reach a registry that only Trivy knows.
        if (TrivyEnvironment.IsOn(request.Environment, "TRIVY_INSECURE") || request.Environment.ContainsKey("TRIVY_REGISTRY_TOKEN"))
        {
            var result = await trivy.RunAsync(arguments.ForDatabase(staging, request.DatabaseRepositories), TrivyEnvironment.ForDownload(request.Environment), request.TimeLimit, cancellationToken);
            if (result.ExitCode != 0)
                throw Unavailable(folder, $"the download failed (trivy ended with exit code {result.ExitCode}): {TrivyProcess.LastWords(result)}");
            return;
        }

        using var limit = new CancellationTokenSource(request.TimeLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await new TrivyDatabaseDownload(request.Environment, clock).DownloadAsync(request.DatabaseRepositories, staging, linked.Token);
        }
        catch (DiagnosticException exception)
        {
            throw Unavailable(folder, $"the download failed ({exception.Message})", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(folder, $"the download did not end within {request.TimeLimit.TotalMinutes:0} minutes", exception);
        }
    }

    private static void Delete(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private DiagnosticException Unavailable(string folder, string why, Exception? cause = null)
    {
        var old = TrivyDatabaseMetadata.Read(folder);
        var present = old is null ? "" : string.Create(CultureInfo.InvariantCulture, $" To use the one of {old.UpdatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC that is there, set TRIVY_SKIP_DB_UPDATE=true.");
        return new DiagnosticException(
            DiagnosticCodes.DatabaseUnavailable,
            $"There is no up-to-date vulnerability database in {folder}: {why.TrimEnd('.')}. Name a mirror that this machine reaches in SupplyChainTrivyDatabase (example: registry.example.com/trivy-db:2), or put a database there yourself.{present}",
            cause);
    }
}
