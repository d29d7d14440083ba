using System.Globalization;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Bases;

/// <summary>Moves an entry of the lock file to what the tag points to now, and says what that changes.</summary>
/// <param name="store">The repository that the SDK would fetch from: the mirror's, where there is one.</param>
/// <param name="lockFile">Absolute path of base-image.lock.json.</param>
internal sealed class BaseImageUpdate(IImageStore store, string lockFile, TimeProvider clock)
{
    /// <summary>An image configuration is a few KiB.</summary>
    private const int LargestConfig = 4 * 1024 * 1024;

    /// <returns>Lines for people.</returns>
    /// <exception cref="DiagnosticException">SCB1022 the lock file; SCB1024 there is no such image; SCB40xx the registry.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(ImageReference name, CancellationToken cancellationToken)
    {
        var key = BaseImageName.Key(name);
        if (name.Digest is not null)
            throw new DiagnosticException(DiagnosticCodes.BaseImageUnknown, $"ContainerBaseImage is {name}, which is pinned in the project itself. Take the digest out of it to have it kept in {Path.GetFileName(lockFile)}, or change it by hand.");
        var old = BaseImageLock.Read(lockFile);
        var now = await store.ResolveTagAsync(name.Tag ?? "latest", cancellationToken) ?? throw new DiagnosticException(
            DiagnosticCodes.BaseImageUnknown,
            $"{store.Repository.Name} has no tag {name.Tag ?? "latest"}, so {key} could not be looked up. Check ContainerBaseImage, ContainerFamily and SupplyChainRegistryMirror.");
        var was = old?.Find(name);
        if (was == now)
            return [$"base image {key}: unchanged, {now}"];

        var current = await DescribeAsync(now, cancellationToken)
            ?? throw new DiagnosticException(DiagnosticCodes.BaseImageUnknown, $"{store.Repository.Name} has the tag of {key}, and no image under it ({now}). Nothing was changed. Try again; if it stays, the registry is damaged.");
        var earlier = was is { } digest ? await DescribeAsync(digest, cancellationToken) : null;
        BaseImageLock.With(old, new LockedBaseImage(key, now, Seconds(clock.GetUtcNow()))).Write(lockFile);
        var kept = earlier is null ? "" : $", {current.Layers.Except(earlier.Layers).Count()} of them new";
        return
        [
            $"base image {key}",
            .. was is null ? Array.Empty<string>() : [$"  was {was}{(earlier is null ? " (no longer in the registry)" : $" ({earlier})")}"],
            $"  now {now} ({current}{kept})",
            $"  written to {Path.GetFileName(lockFile)}: commit it",
        ];
    }

    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    /// <summary>Null: it is not there. What cannot be read of it is left out: this is for people only.</summary>
    private async Task<Content?> DescribeAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await store.ReadManifestAsync(digest, cancellationToken) is not { } content)
            return null;
        try
        {
            // An index names its platforms; one of them stands for all.
            if (JsonSerializer.Deserialize(content, OciJson.Plain.OciIndex) is { Manifests: { Count: > 0 } manifests })
            {
                var one = manifests.FirstOrDefault(m => m.Platform is { Os: "linux", Architecture: "amd64" }) ?? manifests[0];
                content = await store.ReadManifestAsync(one.Digest, cancellationToken) ?? content;
            }
            if (JsonSerializer.Deserialize(content, OciJson.Plain.OciManifest) is not { Config: { } config, Layers: { } layers })
                return new Content(null, null, []);
            await using var stream = await store.ReadBlobAsync(config, cancellationToken);
            var document = await BoundedBody.ReadAsync(stream, LargestConfig, cancellationToken);
            var facts = document is null ? null : ImageFacts.Read(document);
            return new Content(
                facts?.Created,
                facts?.RuntimeVersion,
                [.. layers.Select(layer => layer.Digest)]);
        }
        catch (JsonException)
        {
            return new Content(null, null, []);
        }
    }

    private sealed record Content(DateTimeOffset? Created, string? Runtime, IReadOnlyList<Digest> Layers)
    {
        public override string ToString() => string.Join(", ", new[]
        {
            Created is { } created ? string.Create(CultureInfo.InvariantCulture, $"of {created.UtcDateTime:yyyy-MM-dd}") : null,
            Runtime is { } runtime ? $".NET {runtime}" : null,
            Layers.Count == 1 ? "1 layer" : $"{Layers.Count} layers",
        }.OfType<string>());
    }
}
