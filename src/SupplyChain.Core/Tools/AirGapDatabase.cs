using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tools;

/// <summary>Takes the vulnerability database out of an air-gap bundle when it is newer than the one that is there.</summary>
internal static class AirGapDatabase
{
    /// <summary>The lock under which the database is replaced, in Trivy's cache folder.</summary>
    public const string LockName = "supplychain-update.lock";

    /// <param name="trivyCache">Trivy's cache folder, absolute.</param>
    /// <returns>Whether it was taken.</returns>
    /// <exception cref="DiagnosticException">SCB7012: the bundle is damaged. SCB3004: the cache folder cannot be written to.</exception>
    public static async Task<bool> SeedAsync(AirGapBundle bundle, string trivyCache, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!bundle.HasDatabase || !IsNewer(bundle, trivyCache))
            return false;
        try
        {
            Directory.CreateDirectory(trivyCache);
            using var held = await FileLock.AcquireAsync(Path.Combine(trivyCache, LockName), TimeSpan.FromMinutes(10), clock, cancellationToken);
            if (!IsNewer(bundle, trivyCache))
                return false;
            Directory.CreateDirectory(Path.Combine(trivyCache, "db"));
            var (database, metadata) = (TrivyDatabaseMetadata.DatabaseFile(trivyCache), TrivyDatabaseMetadata.MetadataFile(trivyCache));
            await bundle.ExtractAsync(AirGapBundle.DatabaseName, database + ".new", cancellationToken);
            await bundle.ExtractAsync(AirGapBundle.DatabaseMetadataName, metadata + ".new", cancellationToken);
            // Metadata last: a scan that starts meanwhile finds a whole database, the old or the new.
            File.Move(database + ".new", database, overwrite: true);
            File.Move(metadata + ".new", metadata, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.DatabaseUnavailable,
                $"the vulnerability database of the air-gap bundle cannot be put into {trivyCache}: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. Point TRIVY_CACHE_DIR to a folder with room that this user may write to.",
                e);
        }
    }

    private static bool IsNewer(AirGapBundle bundle, string trivyCache)
    {
        var present = TrivyDatabaseMetadata.Read(trivyCache);
        return present is null || Metadata(bundle)?.UpdatedAt > present.UpdatedAt;
    }

    private static TrivyDatabaseMetadata? Metadata(AirGapBundle bundle)
    {
        try
        {
            return JsonSerializer.Deserialize(bundle.Read(AirGapBundle.DatabaseMetadataName), TrivyJson.Default.TrivyDatabaseMetadata);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
