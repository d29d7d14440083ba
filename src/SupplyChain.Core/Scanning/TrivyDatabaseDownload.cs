using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Fetches the vulnerability database as the OCI artifact it is published as: one layer, a compressed tar of <c>trivy.db</c> and <c>metadata.json</c>. By our
/// own client and not by Trivy, which asks once and gives up: the public registries answer 429 for minutes, and say in Retry-After how long.
/// </summary>
internal sealed class TrivyDatabaseDownload(IReadOnlyDictionary<string, string> environment, TimeProvider clock)
{
    private const string LayerType = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip";

    /// <summary>The database has about 1 GB; a disk must not be filled by what calls itself one.</summary>
    private const long LargestFile = 16L * 1024 * 1024 * 1024;

    /// <summary>Where another repository can be asked, not for long.</summary>
    private const int FewRetries = 3;

    /// <summary>The last one is asked as long as there is hope.</summary>
    private const int ManyRetries = 30;

    /// <summary>For tests.</summary>
    internal TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <param name="repositories">In the order to try; empty: <c>TRIVY_DB_REPOSITORY</c>, else the public ones.</param>
    /// <param name="cacheFolder">An empty folder, laid out as Trivy's cache when this returns.</param>
    /// <exception cref="DiagnosticException">What the last repository answered, and what the ones before it did.</exception>
    public async Task DownloadAsync(IReadOnlyList<string> repositories, string cacheFolder, CancellationToken cancellationToken)
    {
        var places = Choose(repositories);
        using var http = RegistryHttp.CreateClient(Variable("TRIVY_CACERT"));
        var failures = new List<string>();
        foreach (var (place, index) in places.Select((place, index) => (place, index)))
        {
            try
            {
                await DownloadAsync(http, place, index == places.Count - 1 ? ManyRetries : FewRetries, cacheFolder, cancellationToken);
                return;
            }
            catch (DiagnosticException exception)
            {
                failures.Add($"{place}: {exception.Message.TrimEnd('.')}");
            }
        }

        throw new DiagnosticException(DiagnosticCodes.DatabaseUnavailable, string.Join("; ", failures));
    }

    private IReadOnlyList<string> Choose(IReadOnlyList<string> repositories) => repositories.Count > 0 ? repositories
        : Variable("TRIVY_DB_REPOSITORY")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } own ? own
        : TrivyDatabase.OfTrivy;

    private async Task DownloadAsync(HttpClient http, string place, int retries, string cacheFolder, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(place, out var reference) || reference.Registry is null)
            throw Unusable("that is no OCI reference with a registry (example: registry.example.com/trivy-db:2)");
        var store = new RegistryStore(reference, http, new DatabaseCredentials(environment), new RegistrySettings(Variable, _ => { }, clock)
        {
            Writes = false,
            Retries = new RetryPolicy(retries, FirstDelay, TimeSpan.FromMinutes(5), clock, _ => { }),
        });
        // The tag is the number of the format that this reads.
        var digest = reference.Digest ?? await store.ResolveTagAsync(reference.Tag ?? "2", cancellationToken) ?? throw Unusable("it has no such tag");
        var manifest = await store.ReadManifestAsync(digest, cancellationToken) ?? throw Unusable("it has no such manifest");
        var layer = ReadLayer(manifest);
        // A connection that breaks in the middle of a gigabyte is worth another attempt.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ExtractAsync(store, layer, Path.Combine(cacheFolder, "db"), cancellationToken);
                return;
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or HttpRequestException && attempt < 3)
            {
                await Task.Delay(FirstDelay * attempt, clock, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or HttpRequestException)
            {
                throw Unusable($"what it returns cannot be unpacked ({SingleLine.Of(exception.Message, 200).TrimEnd('.')})");
            }
        }
    }

    private static Descriptor ReadLayer(byte[] manifest)
    {
        try
        {
            using var document = JsonDocument.Parse(manifest);
            var layer = document.RootElement.GetProperty("layers").EnumerateArray().Single(one => one.GetProperty("mediaType").GetString() == LayerType);
            return new Descriptor(LayerType, Digest.Parse(layer.GetProperty("digest").GetString() ?? ""), layer.GetProperty("size").GetInt64());
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Unusable($"what it has under this name is not a vulnerability database (no single layer {LayerType})");
        }
    }

    private async Task ExtractAsync(RegistryStore store, Descriptor layer, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using var blob = await store.ReadBlobAsync(layer, cancellationToken);
        await using (var gzip = new GZipStream(blob, CompressionMode.Decompress, leaveOpen: true))
        await using (var tar = new TarReader(gzip, leaveOpen: true))
        {
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                // By name, and by these names alone: nothing else is written anywhere.
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || name is not ("trivy.db" or "metadata.json") || entry.DataStream is null)
                    continue;
                if (entry.Length > LargestFile)
                    throw Unusable($"{name} in it has {entry.Length / (1024 * 1024)} MB");
                await using var file = File.Create(Path.Combine(folder, name));
                await entry.DataStream.CopyToAsync(file, cancellationToken);
            }
        }

        // To its end: only there it is compared with its digest.
        await blob.CopyToAsync(Stream.Null, cancellationToken);
        await StampAsync(Path.Combine(folder, "metadata.json"), cancellationToken);
    }

    /// <summary>When it was fetched, as Trivy itself notes it.</summary>
    private async Task StampAsync(string metadata, CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(metadata) || JsonNode.Parse(await File.ReadAllBytesAsync(metadata, cancellationToken)) is not JsonObject root)
                return;
            root["DownloadedAt"] = clock.GetUtcNow().UtcDateTime;
            await File.WriteAllTextAsync(metadata, root.ToJsonString(), cancellationToken);
        }
        catch (JsonException)
        {
            // Whoever reads it says what is wrong with it.
        }
    }

    private string? Variable(string name) => environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static DiagnosticException Unusable(string why) => new(DiagnosticCodes.DatabaseUnavailable, why);

    /// <summary>Trivy's own variables, else what Docker and Podman know. Not the SDK's: they are for whichever registry is pushed to, and no other must see them.</summary>
    private sealed class DatabaseCredentials(IReadOnlyDictionary<string, string> environment) : ICredentialSource
    {
        private readonly DockerCredentials _others = DockerCredentials.OfThisUser(
            name => name.Contains("_CONTAINER_", StringComparison.Ordinal) ? null : environment.GetValueOrDefault(name), _ => { });

        public Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken) =>
            environment.GetValueOrDefault("TRIVY_USERNAME") is { Length: > 0 } user && environment.GetValueOrDefault("TRIVY_PASSWORD") is { Length: > 0 } password
                ? Task.FromResult(new CredentialLookup(new RegistryCredential("TRIVY_USERNAME") { UserName = user, Password = password }, "TRIVY_USERNAME"))
                : _others.FindAsync(repository, cancellationToken);
    }
}
