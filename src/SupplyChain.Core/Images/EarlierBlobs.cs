using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// Blobs of the layout that the last publish of a project left. Base layers seldom change, and taking their files over saves writing them again.
/// Nothing is believed: a file counts only when its content has the digest that it is wanted for.
/// </summary>
/// <param name="directory">The old layout, which is given up: its files are moved. Null, or not there: there are none.</param>
internal sealed class EarlierBlobs(string? directory)
{
    /// <summary>False: the blob has to come from somewhere else, and nothing stands at <paramref name="targetFile"/>.</summary>
    internal bool TryTake(Descriptor blob, string targetFile, CancellationToken cancellationToken)
    {
        if (directory is null)
            return false;
        try
        {
            var earlier = new FileInfo(Path.Combine(directory, "blobs", "sha256", blob.Digest.Hex));
            if (!earlier.Exists || earlier.LinkTarget is not null || earlier.Length != blob.Size)
                return false;
            earlier.MoveTo(targetFile);
            if (BlobCopy.IsContentOf(blob, targetFile, cancellationToken))
                return true;
            File.Delete(targetFile);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SiblingPath.Delete(targetFile);
            return false;
        }
    }

    /// <summary>A layer by its uncompressed content: found through the old layout's own documents, and believed only when it has been unpacked.</summary>
    internal Descriptor? TryTakeLayer(Digest diffId, ImageLayout layout, CancellationToken cancellationToken)
    {
        if (directory is null)
            return null;
        try
        {
            foreach (var blob in LayersOf(diffId))
            {
                if (!TryTake(blob, layout.BlobPath(blob.Digest), cancellationToken))
                    continue;
                if (GzipLayer.Unpack(layout.BlobPath(blob.Digest), null, cancellationToken) == diffId)
                    return blob;
                File.Delete(layout.BlobPath(blob.Digest));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DiagnosticException or JsonException or InvalidOperationException)
        {
            // It only saves time.
        }
        return null;
    }

    private IEnumerable<Descriptor> LayersOf(Digest diffId)
    {
        var old = new ImageLayout(directory!, new Descriptor(MediaTypes.OciManifest, default, 0), []);
        var graph = new ImageDocuments(blob => ReadDocument(old, blob)).Read(File.ReadAllBytes(Path.Combine(directory!, "index.json")));
        foreach (var image in graph.Platforms)
        {
            using var config = JsonDocument.Parse(ReadDocument(old, image.Config));
            var diffIds = config.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(id => id.GetString()).ToList();
            if (diffIds.IndexOf(diffId.ToString()) is >= 0 and var at && at < image.Layers.Count)
                yield return image.Layers[at];
        }
    }

    private static byte[] ReadDocument(ImageLayout layout, Descriptor blob) => blob.Size <= ImageDocuments.MaximumDocumentSize
        ? LayoutCheck.ReadDocument(layout, blob)
        : throw new DiagnosticException(DiagnosticCodes.ArchiveHostile, $"{blob.Digest.Short} has {blob.Size} bytes");
}
