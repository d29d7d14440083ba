using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Asks the registry whether the base image's tag has moved on, and scans what it points to now. Only where the gate has said no because of a package of the
/// base image that is fixed somewhere: a publish that passes asks nobody. What cannot be asked is not known, and changes no verdict.
/// </summary>
internal sealed class NewerBaseImage(ImageReference tag, HttpClient http, Func<string, string?> environment, IToolRunner runner, Tool trivy, TimeProvider clock)
{
    /// <summary>A larger one is not fetched for a better sentence.</summary>
    private const long LargestImage = 1024L * 1024 * 1024;

    /// <summary>For the question. A registry that this machine cannot reach must not hold up the message.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(10);

    /// <summary>For fetching and scanning what is new: as long as a person waits for it.</summary>
    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(2);

    /// <param name="image">The image that the gate has stopped.</param>
    /// <returns>Null: nobody knows.</returns>
    public async Task<BaseImageNews?> LookAsync(PlatformImage image, ScanRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AskLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var work = Directory.CreateTempSubdirectory("supplychain-base-").FullName;
        try
        {
            // What is meant for pushing is shown to no other registry.
            var credentials = DockerCredentials.OfThisUser(name => name.Contains("_PUSH_", StringComparison.Ordinal) || name.StartsWith("SDK_CONTAINER", StringComparison.Ordinal) ? null : environment(name), _ => { });
            var store = new RegistryStore(tag, http, credentials, new RegistrySettings(environment, _ => { }, clock) { Writes = false, Retries = RetryPolicy.Default(clock, _ => { }) with { Retries = 1 } });
            if (tag.Tag is null || await store.ResolveTagAsync(tag.Tag, linked.Token) is not { } digest || await FindAsync(store, digest, image.Platform, linked.Token) is not { } newest)
                return null;
            // The lowest layers are the base image's, byte for byte.
            if (newest.Layers.Select(layer => layer.Digest).SequenceEqual(image.Layers.Take(newest.Layers.Count).Select(layer => layer.Digest)))
                return new BaseImageNews(tag.Name + ":" + tag.Tag, digest, IsSame: true, new HashSet<string>());
            if (newest.Layers.Sum(layer => layer.Size) > LargestImage)
                return null;
            limit.CancelAfter(FetchLimit);
            // The scanner reads a layout, and in there it is called by its OCI name.
            var scanned = newest with { Manifest = newest.Manifest with { MediaType = MediaTypes.OciManifest } };
            var layout = new ImageLayout(work, scanned.Manifest, [scanned]);
            await new ImageCopy { Clock = clock }.RunAsync(store, newest.Manifest, new LayoutStore(work, tag.Repository, clock), linked.Token);
            var report = await new TrivyScanner(runner, trivy, clock).ScanAsync(
                request with { Image = Task.FromResult(layout), WorkDirectory = Path.Combine(work, "scan"), OutputDirectory = Path.Combine(work, "reports"), InventoryFile = null, Secrets = false, Offline = request.Server is null },
                linked.Token);
            return new BaseImageNews(tag.Name + ":" + tag.Tag, digest, IsSame: false, report.Findings.Where(finding => finding.Kind is FindingKind.OperatingSystem).Select(BaseImageNews.Key).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception exception) when (exception is DiagnosticException or HttpRequestException or IOException or JsonException or FormatException or InvalidOperationException or KeyNotFoundException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            SiblingPath.Delete(work);
        }
    }

    private static async Task<PlatformImage?> FindAsync(RegistryStore store, Digest digest, Platform platform, CancellationToken cancellationToken)
    {
        var content = await store.ReadManifestAsync(digest, cancellationToken);
        if (content is null)
            return null;
        using var document = JsonDocument.Parse(content);
        var root = document.RootElement;
        if (root.TryGetProperty("manifests", out var manifests))
        {
            foreach (var manifest in manifests.EnumerateArray())
            {
                if (manifest.TryGetProperty("platform", out var own) && own.GetProperty("os").GetString() == platform.Os && own.GetProperty("architecture").GetString() == platform.Architecture)
                    return await FindAsync(store, Digest.Parse(manifest.GetProperty("digest").GetString()!), platform, cancellationToken);
            }

            return null;
        }

        var mediaType = root.TryGetProperty("mediaType", out var named) && named.GetString() == MediaTypes.DockerManifest ? MediaTypes.DockerManifest : MediaTypes.OciManifest;
        return new PlatformImage(platform, new Descriptor(mediaType, digest, content.Length), Describe(root.GetProperty("config")), [.. root.GetProperty("layers").EnumerateArray().Select(Describe)]);
    }

    private static Descriptor Describe(JsonElement descriptor) => new(
        descriptor.GetProperty("mediaType").GetString()!, Digest.Parse(descriptor.GetProperty("digest").GetString()!), descriptor.GetProperty("size").GetInt64());
}
