using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// Base layers that all publishes of this user share, by their digest: the layout of each project has a second name of the same file (a hard link), so a base image is written and stored
/// once, however many services stand on it. Nothing is believed: a file counts only when its content, hashed again, has the digest that it is wanted for. Where there are no
/// hard links, as on Windows or between two file systems, each layout has files of its own.
/// </summary>
/// <param name="directory">Absolute; it need not exist. Null: nothing is shared.</param>
/// <param name="least">Bytes: smaller ones are written as quickly as they are linked.</param>
internal sealed class SharedBlobs(string? directory, TimeProvider clock, long least = 1024 * 1024)
{
    /// <summary>A base image that no publish has used for so long is not wanted any more.</summary>
    private static readonly TimeSpan Unused = TimeSpan.FromDays(30);

    /// <summary>False: the blob has to come from somewhere else, and nothing stands at <paramref name="targetFile"/>.</summary>
    internal bool TryTake(Descriptor blob, string targetFile, CancellationToken cancellationToken)
    {
        if (directory is null || blob.Size < least)
            return false;
        try
        {
            var shared = new FileInfo(PathOf(blob));
            if (!shared.Exists || shared.LinkTarget is not null || shared.Length != blob.Size || !HardLink.TryMake(shared.FullName, targetFile))
                return false;
            if (BlobCopy.IsContentOf(blob, targetFile, cancellationToken))
            {
                shared.LastWriteTimeUtc = clock.GetUtcNow().UtcDateTime;
                return true;
            }

            File.Delete(targetFile);
            shared.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SiblingPath.Delete(targetFile);
        }

        return false;
    }

    /// <summary>Shares base layers that have just been hashed: all but the last of a platform, which is the application's own.</summary>
    internal void Keep(ImageLayout layout)
    {
        if (directory is null || OperatingSystem.IsWindows())
            return;
        try
        {
            foreach (var blob in layout.Platforms.SelectMany(image => image.Layers.SkipLast(1)).Where(blob => blob.Size >= least).DistinctBy(blob => blob.Digest))
            {
                var (own, shared) = (layout.BlobPath(blob.Digest), PathOf(blob));
                if (File.Exists(shared))
                    continue;
                Directory.CreateDirectory(Path.GetDirectoryName(shared)!);
                if (!HardLink.TryMake(own, shared))
                    return;
                // From now on a change would be a change for every project.
                File.SetUnixFileMode(shared, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                File.SetLastWriteTimeUtc(shared, clock.GetUtcNow().UtcDateTime);
                DeleteUnused();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only saves time and room.
        }
    }

    /// <summary>Takes away names; a layout that still has such a file keeps it.</summary>
    private void DeleteUnused()
    {
        var limit = clock.GetUtcNow().UtcDateTime - Unused;
        foreach (var file in new DirectoryInfo(Path.Combine(directory!, "sha256")).EnumerateFiles().Where(file => file.LastWriteTimeUtc < limit))
            file.Delete();
    }

    private string PathOf(Descriptor blob) => Path.Combine(directory!, "sha256", blob.Digest.Hex);
}
