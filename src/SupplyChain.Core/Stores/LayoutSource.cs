using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// The image in the intermediate folder. Blobs are streamed straight from their files; whoever takes them compares them with their digests. What nobody takes is
/// hashed again: the scanner may have seen other bytes in its place.
/// </summary>
internal sealed class LayoutSource(ImageLayout layout) : IImageSource
{
    public Descriptor Root => layout.Root;

    public IReadOnlyList<Descriptor> Blobs { get; } = layout.ListBlobs();

    public IReadOnlyList<Descriptor> Children { get; } = [.. layout.ListManifests().Where(manifest => manifest.Digest != layout.Root.Digest)];

    public Task GiveBlobAsync(Descriptor blob, Func<Func<Stream>, Task> write, CancellationToken cancellationToken) => write(() => Open(blob.Digest));

    /// <exception cref="DiagnosticException">SCB1005: it was changed. SCB1004: it is missing.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadManifestAsync(Descriptor manifest, CancellationToken cancellationToken)
    {
        await using var stream = Open(manifest.Digest);
        var content = await BoundedBody.ReadAsync(stream, RegistryClient.LargestDocument, cancellationToken);
        if (content is null || Digest.Of(content) != manifest.Digest)
            throw new DiagnosticException(DiagnosticCodes.ImageChanged, $"the manifest {manifest.Digest} was changed after the image was opened. Nothing was tagged; publish again.");
        return content;
    }

    public Task CheckAsync(IReadOnlyList<Descriptor> present, CancellationToken cancellationToken) => LayoutCheck.RunAsync(layout, present, cancellationToken);

    private FileStream Open(Digest digest)
    {
        try
        {
            return new FileStream(layout.BlobPath(digest), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read,
                // The content has a buffer of its own.
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.BlobMissing, $"blob {digest} of the image cannot be read from {layout.Directory}: {SingleLine.Of(e.Message, 300)} Publish again.", e);
        }
    }
}
