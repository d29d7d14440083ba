using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Verifying;

/// <summary>
/// What the signed digest stands for: manifests and configurations of all platforms are read and compared with their digests; layers, which whoever runs
/// the image compares once more, only on request.
/// </summary>
internal static class ImageContent
{
    private const int MostManifests = 64;
    private const int MostLayers = 1_000;
    private const int LargestConfiguration = 4 * 1024 * 1024;

    /// <param name="root">The bytes of the signed manifest or index.</param>
    /// <exception cref="DiagnosticException">SCB5801: something of it is missing or cannot be understood; SCB4004: the registry serves other bytes than were signed.</exception>
    public static async Task RequireAsync(IImageStore store, ReadOnlyMemory<byte> root, bool layers, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> manifests = [root];
        if (Parse(root, OciJson.Default.OciIndex) is { Manifests: { } entries })
        {
            RequireAtMost(entries.Count, MostManifests, "manifests");
            manifests = [.. await LimitedDegree.RunAsync(entries, async (entry, token) =>
                new ReadOnlyMemory<byte>(await store.ReadManifestAsync(entry.Digest, token) ?? throw Missing(store, "manifest", entry)), cancellationToken)];
        }

        var read = manifests.Select(content => Parse(content, OciJson.Default.OciManifest)).OfType<OciManifest>().Where(manifest => manifest.Config is not null).ToList();
        var blobs = read.SelectMany(manifest => manifest.Layers ?? []).DistinctBy(layer => layer.Digest).ToList();
        RequireAtMost(blobs.Count, MostManifests * MostLayers, "layers");
        await LimitedDegree.RunAsync([.. read.Select(manifest => manifest.Config).DistinctBy(config => config.Digest)], async (config, token) => await ReadAsync(store, config, LargestConfiguration, token), cancellationToken);
        await LimitedDegree.RunAsync(blobs, async (layer, token) => layers
            ? await ReadAsync(store, layer, long.MaxValue, token)
            : await store.HasBlobAsync(layer, token) ? true : throw Missing(store, "layer", layer), cancellationToken);
    }

    /// <summary>To its end: only then has the store compared it with the digest.</summary>
    private static async Task<bool> ReadAsync(IImageStore store, Descriptor blob, long most, CancellationToken cancellationToken)
    {
        if (blob.Size > most)
            throw Failed($"{store.Repository.Name} has a configuration of {blob.Size} bytes, which no image needs. It was not read.");
        await using var stream = await store.ReadBlobAsync(blob, cancellationToken);
        await stream.CopyToAsync(Stream.Null, cancellationToken);
        return true;
    }

    private static T? Parse<T>(ReadOnlyMemory<byte> content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content.Span, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Failed("a signed manifest is malformed. Publish the image again.");
        }
    }

    private static void RequireAtMost(int count, int most, string what)
    {
        if (count > most)
            throw Failed($"the image has {count} {what}, and at most {most} are read.");
    }

    private static DiagnosticException Missing(IImageStore store, string what, Descriptor descriptor) =>
        Failed($"{store.Repository.Name} no longer has the {what} {descriptor.Digest} of the signed image. Publish it again; look at the registry's clean-up rules.");

    private static DiagnosticException Failed(string message) => new(DiagnosticCodes.VerificationFailed, message);
}
