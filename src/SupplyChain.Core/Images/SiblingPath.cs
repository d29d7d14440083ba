namespace SupplyChain.Core.Images;

/// <summary>
/// Names for what is written beside its target and renamed when it is complete: <c>TARGET.RANDOM.tmp</c>, 32 hexadecimal digits. On the same
/// file system as the target, so that the renaming is one step.
/// </summary>
internal static class SiblingPath
{
    private const string Suffix = ".tmp";

    internal static string New(string target) => $"{target}.{Guid.NewGuid():n}{Suffix}";

    /// <summary>Removes what a killed process has left behind.</summary>
    internal static void DeleteOlderThan(string target, DateTime limitUtc)
    {
        var name = Path.GetFileName(target);
        foreach (var entry in new DirectoryInfo(Path.GetDirectoryName(target)!).EnumerateFileSystemInfos($"*{Suffix}"))
        {
            if (IsSibling(entry.Name, name) && entry.LastWriteTimeUtc < limitUtc)
                Delete(entry.FullName);
        }
    }

    /// <summary>A file or a folder. What cannot be deleted now is deleted another time.</summary>
    internal static void Delete(string path)
    {
        try
        {
            if (File.Exists(path))
                File.Delete(path);
            else if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static bool IsSibling(string entry, string target) =>
        entry.Length == target.Length + 1 + 32 + Suffix.Length
        && entry.StartsWith(target + ".", StringComparison.Ordinal)
        && entry.AsSpan(target.Length + 1, 32).IndexOfAnyExcept("0123456789abcdef") < 0;
}
