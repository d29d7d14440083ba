using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>Asserts that a layout still holds the bytes that were opened.</summary>
public static class LayoutCheck
{
    /// <summary>Hashes these blobs of the image again.</summary>
    /// <exception cref="DiagnosticException">SCB1005: a blob is missing or was changed.</exception>
    public static Task RunAsync(ImageLayout layout, IReadOnlyList<Descriptor> blobs, CancellationToken cancellationToken) =>
        Task.Run(() => SideBySide.ForEach(blobs, blob => Check(layout, blob, cancellationToken), cancellationToken), cancellationToken);

    /// <summary>A configuration or manifest of the image, as it was when the layout was opened.</summary>
    /// <exception cref="DiagnosticException">SCB1005.</exception>
    internal static byte[] ReadDocument(ImageLayout layout, Descriptor blob)
    {
        using var source = Open(layout, blob);
        // Its size is that of the descriptor, which was limited when the layout was opened.
        var content = new byte[blob.Size];
        return BlobCopy.TryFill(source, content, 0) && Digest.Of(content) == blob.Digest ? content : throw Changed(layout, blob);
    }

    internal static SafeFileHandle Open(ImageLayout layout, Descriptor blob)
    {
        try
        {
            var handle = File.OpenHandle(layout.BlobPath(blob.Digest), options: FileOptions.SequentialScan);
            if (RandomAccess.GetLength(handle) == blob.Size)
                return handle;
            handle.Dispose();
            throw Changed(layout, blob);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Changed(layout, blob, e);
        }
    }

    internal static DiagnosticException Changed(ImageLayout layout, Descriptor blob, Exception? cause = null) => new(
        DiagnosticCodes.ImageChanged,
        $"the blob {blob.Digest.Short} in the image layout {layout.Directory} is missing or was changed after it had been read. Publish again, and make sure that nothing else writes to that folder.",
        cause);

    private static void Check(ImageLayout layout, Descriptor blob, CancellationToken cancellationToken)
    {
        using var source = Open(layout, blob);
        if (BlobCopy.Run(source, 0, blob.Size, null, cancellationToken) != blob.Digest)
            throw Changed(layout, blob);
    }
}
