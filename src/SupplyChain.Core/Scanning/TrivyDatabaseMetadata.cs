using System.Text.Json;

namespace SupplyChain.Core.Scanning;

/// <summary><c>db/metadata.json</c> in Trivy's cache folder. Times are UTC.</summary>
internal sealed record TrivyDatabaseMetadata(int Version, DateTimeOffset NextUpdate, DateTimeOffset UpdatedAt)
{
    public DateTimeOffset DownloadedAt { get; init; }

    /// <summary>Trivy's own rule: due once NextUpdate has passed, and never within an hour of the last download.</summary>
    public bool IsFresh(DateTimeOffset now) => now < NextUpdate || now - DownloadedAt < TimeSpan.FromHours(1);

    /// <summary>Null when there is no database, or none that can be read.</summary>
    public static TrivyDatabaseMetadata? Read(string cacheFolder)
    {
        try
        {
            // Before the file is read: an update replaces the database first and its metadata last.
            if (!File.Exists(DatabaseFile(cacheFolder)))
                return null;
            using var stream = File.OpenRead(MetadataFile(cacheFolder));
            return stream.Length > 64 * 1024 ? null : JsonSerializer.Deserialize(stream, TrivyJson.Default.TrivyDatabaseMetadata);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static string DatabaseFile(string cacheFolder) => Path.Combine(cacheFolder, "db", "trivy.db");

    public static string MetadataFile(string cacheFolder) => Path.Combine(cacheFolder, "db", "metadata.json");
}
