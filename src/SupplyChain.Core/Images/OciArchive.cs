using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// Turns an OCI archive (a tar of an OCI layout, as the .NET SDK writes it) into an OCI layout folder that holds exactly one image, every
/// byte of it hashed on the way.
/// </summary>
public static class OciArchive
{
    /// <summary>
    /// Replaces the layout at <paramref name="layoutDirectory"/>, in one step and only on success. Blobs that the image does not refer to are not
    /// unpacked: they are no part of what is scanned, signed and pushed, and refusing them would refuse archives that merely carry more
    /// (docker's manifest.json, leftovers of another tag). The archive stays; the caller deletes it once this has returned.
    /// </summary>
    /// <param name="archiveFile">An uncompressed tar.</param>
    /// <param name="earlierLayout">A layout that is no longer wanted: blobs that are the same are taken from it, once their content has been hashed. It need not be there.</param>
    /// <param name="sourceDate">The date of the sources: takes the place of the time of the build, so that the same sources give the same image. Null: the image stays as the archive has it.</param>
    /// <exception cref="DiagnosticException">
    /// SCB1001 not readable or cut off; SCB1002 hostile; SCB1003 wrong digest or size; SCB1004 a blob is missing; SCB1006 malformed or
    /// contradictory documents; SCB1007 the layout cannot be written. Nothing is left behind then, and an older layout is untouched.
    /// </exception>
    public static Task<ImageLayout> OpenAsync(string archiveFile, string layoutDirectory, CancellationToken cancellationToken, string? earlierLayout = null, DateTimeOffset? sourceDate = null) =>
        OpenAsync(archiveFile, layoutDirectory, cancellationToken, earlierLayout, new ImageChanges { SourceDate = sourceDate });

    /// <inheritdoc cref="OpenAsync(string, string, CancellationToken, string?, DateTimeOffset?)"/>
    /// <param name="changes">To the SDK's image.</param>
    /// <param name="shared">Base layers that this user's publishes share; null: none.</param>
    internal static Task<ImageLayout> OpenAsync(
        string archiveFile, string layoutDirectory, CancellationToken cancellationToken, string? earlierLayout, ImageChanges changes, SharedBlobs? shared = null)
    {
        var archive = Path.GetFullPath(archiveFile);
        var layout = Path.TrimEndingDirectorySeparator(Path.GetFullPath(layoutDirectory));
        return Task.Run(() => Open(archive, layout, new EarlierBlobs(earlierLayout), shared, changes, cancellationToken), cancellationToken);
    }

    private static ImageLayout Open(string archiveFile, string layoutDirectory, EarlierBlobs earlier, SharedBlobs? shared, ImageChanges changes, CancellationToken cancellationToken)
    {
        try
        {
            using var content = ArchiveContent.Open(archiveFile, cancellationToken);
            var graph = new ImageDocuments(content.ReadDocument).Read(content.ReadIndexJson());
            var layout = new ImageLayout(layoutDirectory, graph.Root, graph.Platforms) { Tags = graph.Tags, Attached = graph.Attached };
            content.CheckRepeats(layout, cancellationToken);
            return Unpack(content, layout, earlier, shared, changes, cancellationToken);
        }
        catch (DiagnosticException e)
        {
            throw ForPeople(e, archiveFile, layoutDirectory);
        }
        catch (IOException e)
        {
            throw ForPeople(new DiagnosticException(DiagnosticCodes.ArchiveUnreadable, e.Message, e), archiveFile, layoutDirectory);
        }
    }

    private static ImageLayout Unpack(ArchiveContent content, ImageLayout layout, EarlierBlobs earlier, SharedBlobs? shared, ImageChanges changes, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(layout.Directory)!);
            using var folder = LayoutFolder.Create(layout.Directory);
            var unfinished = layout with { Directory = folder.Path };
            SideBySide.ForEach<Descriptor>(
                [.. layout.ListBlobs(), .. layout.ListManifests()],
                blob =>
                {
                    var file = unfinished.BlobPath(blob.Digest);
                    if (!earlier.TryTake(blob, file, cancellationToken) && shared?.TryTake(blob, file, cancellationToken) != true)
                        content.Extract(blob, file, cancellationToken);
                },
                cancellationToken);
            shared?.Keep(unfinished);
            unfinished = ImageFacts.ReadInto(changes.Apply(unfinished, earlier, cancellationToken));
            OciLayoutFiles.Write(folder.Path, unfinished.Root);
            cancellationToken.ThrowIfCancellationRequested();
            folder.Commit();
            return unfinished with { Directory = layout.Directory };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.LayoutUnwritable, e.Message, e);
        }
    }

    private static DiagnosticException ForPeople(DiagnosticException e, string archiveFile, string layoutDirectory)
    {
        var code = e.Diagnostic.Code;
        var message = code == DiagnosticCodes.LayoutUnwritable
            ? $"cannot write the image layout {layoutDirectory}: {e.Message}. Give a folder that may be written to, with room for the image, and no other files in it."
            : code == DiagnosticCodes.ArchiveUnreadable
            ? $"cannot read the image archive {archiveFile}: {e.Message}. It must be an uncompressed OCI archive as the SDK writes it; delete it and publish again."
            : $"the image archive {archiveFile} is refused: {e.Message}. The SDK writes no such archive, so something else wrote or changed it; delete it, find out what did, and publish again.";
        return new DiagnosticException(e.Diagnostic with { Message = message }, e);
    }
}
