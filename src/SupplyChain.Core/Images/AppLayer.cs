using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// The layer of the application, which the SDK writes anew each time: other dates, the files in the order in which the file system listed them, and what the
/// packages brought together with the application's own files, so that all of it is uploaded after each change.
/// </summary>
/// <param name="date">Every file gets this one.</param>
/// <param name="earlier">Where the same layer may lie, compressed already; null: nowhere.</param>
internal sealed class AppLayer(DateTimeOffset date, EarlierBlobs? earlier)
{
    /// <summary>Writes the same files in the order of their names, and with one date, beside the blob. Contents, modes and owners stay.</summary>
    /// <param name="diffId">What the image's configuration says of the uncompressed layer.</param>
    /// <param name="dependencies">Names of the files that get a layer of their own, below the other. Empty: one layer.</param>
    /// <returns>The new blobs, each file named after its content, and their diffIDs, lowest first; null: it is not a layer as the SDK writes it, and has been left alone.</returns>
    internal IReadOnlyList<(Descriptor Layer, Digest DiffId)>? Normalise(ImageLayout layout, Descriptor layer, Digest diffId, IReadOnlySet<string> dependencies, CancellationToken cancellationToken)
    {
        if (layer.MediaType is not (MediaTypes.OciLayerGzip or MediaTypes.DockerLayerGzip))
            return null;
        var unpacked = SiblingPath.New(layout.BlobPath(layer.Digest));
        try
        {
            using (var target = File.Create(unpacked, 128 * 1024))
            {
                if (GzipLayer.Unpack(layout.BlobPath(layer.Digest), target, cancellationToken) != diffId)
                    return null;
            }

            using var tar = File.OpenHandle(unpacked);
            if (LayerTar.TryRead(tar, cancellationToken) is not { } entries)
                return null;
            var parts = LayerSplit.Apply([.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)], dependencies);
            var layers = new (Descriptor, Digest)[parts.Count];
            SideBySide.ForEach([.. Enumerable.Range(0, parts.Count)], i => layers[i] = Write(layout, layer, diffId, tar, parts[i], cancellationToken), cancellationToken);
            return layers;
        }
        finally
        {
            SiblingPath.Delete(unpacked);
        }
    }

    private (Descriptor, Digest) Write(ImageLayout layout, Descriptor layer, Digest diffId, SafeFileHandle tar, IReadOnlyList<LayerEntry> entries, CancellationToken cancellationToken)
    {
        void Write(Stream stream) => LayerTar.Write(stream, tar, entries, date.ToUnixTimeSeconds(), cancellationToken);
        var normalised = GzipLayer.Hash(Write);
        if (normalised == diffId)
            return (layer, diffId);
        // Compressing is what takes long: a self-contained application has 30 MB and more.
        if (earlier?.TryTakeLayer(normalised, layout, cancellationToken) is { } known)
            return (layer with { Digest = known.Digest, Size = known.Size }, normalised);
        var packed = SiblingPath.New(layout.BlobPath(layer.Digest));
        try
        {
            var (digest, size) = GzipLayer.Pack(Write, packed);
            File.Move(packed, layout.BlobPath(digest), overwrite: true);
            return (layer with { Digest = digest, Size = size }, normalised);
        }
        finally
        {
            SiblingPath.Delete(packed);
        }
    }
}
