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
            if (IsContentOf(blob, targetFile, cancellationToken))
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

    private static bool IsContentOf(Descriptor blob, string file, CancellationToken cancellationToken)
    {
        using var content = File.OpenHandle(file, options: FileOptions.SequentialScan);
        return BlobCopy.Run(content, 0, blob.Size, null, cancellationToken) == blob.Digest;
    }
}
