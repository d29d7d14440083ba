using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Stores;

/// <summary>
/// An image in a store. A blob is laid down in a temporary file first and compared with its digest there: an upload seeks and is repeated, which a
/// response cannot be, and nothing goes to the destination that is not what it is called.
/// </summary>
internal sealed class StoreSource : IImageSource
{
    private readonly IImageStore _store;
    private readonly IReadOnlyDictionary<Digest, byte[]> _manifests;

    private StoreSource(IImageStore store, ImageGraph graph, IReadOnlyDictionary<Digest, byte[]> manifests)
    {
        (_store, _manifests, Root, Blobs) = (store, manifests, graph.Root, graph.ListBlobs());
        Children = [.. graph.ListManifests().Where(manifest => manifest.Digest != graph.Root.Digest)];
    }

    public Descriptor Root { get; }

    public IReadOnlyList<Descriptor> Blobs { get; }

    public IReadOnlyList<Descriptor> Children { get; }

    /// <summary>Reads the manifests and configurations.</summary>
    /// <param name="root">A manifest, or an index of them.</param>
    /// <exception cref="DiagnosticException">SCB1002, SCB1003: it is no image, or contradicts itself. SCB1004: a manifest of it is not there. Or the code of the store: it serves other bytes than were asked for.</exception>
    public static async Task<StoreSource> OpenAsync(IImageStore store, Descriptor root, CancellationToken cancellationToken)
    {
        var manifests = new Dictionary<Digest, byte[]> { [root.Digest] = await ReadAsync(store, root, cancellationToken) };
        IReadOnlyList<Descriptor> images = MediaTypes.IsIndex(root.MediaType) ? ImageDocuments.ReadIndex(manifests[root.Digest], $"the image index {root.Digest.Short}", root.MediaType) : [root];
        foreach (var (image, content) in await LimitedDegree.RunAsync([.. images.DistinctBy(image => image.Digest)], async (image, token) => (image, await ReadAsync(store, image, token)), cancellationToken))
            manifests[image.Digest] = content;
        var configurations = images.Select(image => ImageDocuments.ReadManifest(manifests[image.Digest], image, $"the manifest {image.Digest.Short}").Config).DistinctBy(config => config.Digest).ToArray();
        var documents = new Dictionary<Digest, byte[]>(manifests);
        foreach (var (config, content) in await LimitedDegree.RunAsync(configurations, async (config, token) => (config, await ReadConfigurationAsync(store, config, token)), cancellationToken))
            documents[config.Digest] = content;
        return new StoreSource(store, new ImageDocuments(descriptor => documents[descriptor.Digest]).Read(root), manifests);
    }

    public async Task GiveBlobAsync(Descriptor blob, Func<Func<Stream>, Task> write, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, blob.Digest.Hex);
        await using (var content = await _store.ReadBlobAsync(blob, cancellationToken))
        await using (var target = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }))
            await content.CopyToAsync(target, 128 * 1024, cancellationToken);
        await write(() => new FileStream(file, new FileStreamOptions { Access = FileAccess.Read, BufferSize = 0, Options = FileOptions.SequentialScan }));
    }

    public Task<ReadOnlyMemory<byte>> ReadManifestAsync(Descriptor manifest, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>>(_manifests[manifest.Digest]);

    /// <summary>The digest says all there is to say: nobody has looked at the bytes of this source before.</summary>
    public Task CheckAsync(IReadOnlyList<Descriptor> present, CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task<byte[]> ReadAsync(IImageStore store, Descriptor manifest, CancellationToken cancellationToken)
    {
        var content = await store.ReadManifestAsync(manifest.Digest, cancellationToken)
            ?? throw new DiagnosticException(DiagnosticCodes.BlobMissing, $"{store.Repository.Name} has no manifest {manifest.Digest}, so the image cannot be copied.");
        return content.Length == manifest.Size ? content : throw new DiagnosticException(DiagnosticCodes.ImageMalformed, $"the manifest {manifest.Digest.Short} has {content.Length} bytes and not {manifest.Size}, as its descriptor says");
    }

    private static async Task<byte[]> ReadConfigurationAsync(IImageStore store, Descriptor config, CancellationToken cancellationToken)
    {
        if (config.Size > ImageDocuments.MaximumDocumentSize)
            throw new DiagnosticException(DiagnosticCodes.ArchiveHostile, $"the configuration {config.Digest.Short} has {config.Size} bytes (at most {ImageDocuments.MaximumDocumentSize})");
        await using var stream = await store.ReadBlobAsync(config, cancellationToken);
        return await BoundedBody.ReadAsync(stream, ImageDocuments.MaximumDocumentSize, cancellationToken)
            ?? throw new DiagnosticException(DiagnosticCodes.ArchiveHostile, $"the configuration {config.Digest.Short} is larger than its descriptor says");
    }
}
