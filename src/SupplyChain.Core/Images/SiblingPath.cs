namespace SupplyChain.Core.Images;

/// <summary>
/// Names for what is written beside its target and renamed when it is complete: <c>TARGET.RANDOM.tmp</c>, 32 hexadecimal digits. On the same
/// file system as the target, so that the renaming is one step.
/// </summary>
internal static class SiblingPath
{
    private const string Suffix = ".tmp";
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    internal static string New(string target) => $"{target}.{Guid.NewGuid():n}{Suffix}";

    /// <summary>Removes what a killed process has left behind: nothing takes an hour.</summary>
    internal static void DeleteAbandoned(string target)
    {
        var limit = ClockOf(target) - Abandoned;
        var name = Path.GetFileName(target);
        foreach (var entry in new DirectoryInfo(Path.GetDirectoryName(target)!).EnumerateFileSystemInfos($"*{Suffix}"))
        {
            if (IsSibling(entry.Name, name) && entry.LastWriteTimeUtc < limit)
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

    /// <summary>The time the file system itself gives to what is new, since it may be another machine's.</summary>
    private static DateTime ClockOf(string target)
    {
        var probe = New(target);
        try
        {
            using (File.Create(probe))
                return File.GetLastWriteTimeUtc(probe);
        }
        finally
        {
            Delete(probe);
        }
    }

    private static bool IsSibling(string entry, string target) =>
        entry.Length == target.Length + 1 + 32 + Suffix.Length
        && entry.StartsWith(target + ".", StringComparison.Ordinal)
        && entry.AsSpan(target.Length + 1, 32).IndexOfAnyExcept("0123456789abcdef") < 0;
}
