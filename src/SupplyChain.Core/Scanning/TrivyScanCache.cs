namespace SupplyChain.Core.Scanning;

/// <summary>
/// What Trivy learns about layers, kept from build to build without its lock: Trivy holds its scan cache exclusively, so builds side by side would fail
/// on a shared one. Each run has a cache folder of its own, with a link to the shared database and a copy of the last scan cache of its platform; after a
/// good run the copy replaces the shared one. See docs/decisions/0003-trivy-cache.md.
/// </summary>
/// <param name="sharedFolder">Trivy's cache folder, with the database in it.</param>
/// <param name="ownFolder">For this one run.</param>
/// <param name="platform">Part of a file name. Platforms have no layer in common.</param>
internal sealed class TrivyScanCache(string sharedFolder, string ownFolder, string platform)
{
    /// <summary>Layers of old builds are never removed from it, so it starts anew when it is larger than this.</summary>
    internal const long MaximumBytes = 64L * 1024 * 1024;

    private string Shared => Path.Combine(sharedFolder, "supplychain", $"layers-{platform}.db");

    private string Own => Path.Combine(ownFolder, "fanal", "fanal.db");

    private bool _startsAnew;

    /// <summary>True when the run starts with what an earlier one has learned.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>Without links (Windows without developer mode) the run keeps what it learns in memory only.</summary>
    public TrivyCacheChoice Prepare()
    {
        try
        {
            Link(Path.Combine(ownFolder, "db"), Path.Combine(sharedFolder, "db"));
            CopyShared();
            return new TrivyCacheChoice(ownFolder, InMemory: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new TrivyCacheChoice(sharedFolder, InMemory: true);
        }
    }

    /// <summary>Makes the next run start with nothing: what was kept may be what broke this one.</summary>
    public void Forget()
    {
        IsWarm = false;
        _startsAnew = true;
    }

    /// <summary>After a good run: keeps what it has learned. A cache that cannot be kept is no reason to fail.</summary>
    public void Keep()
    {
        try
        {
            if (!File.Exists(Own))
                return;
            Directory.CreateDirectory(Path.GetDirectoryName(Shared)!);
            var copy = $"{Shared}.{Path.GetRandomFileName()}";
            try
            {
                File.Copy(Own, copy);
                File.Move(copy, Shared, overwrite: true);
            }
            finally
            {
                File.Delete(copy);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only cache folder, or a full disk.
        }
    }

    private void CopyShared()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Own)!);
        var shared = new FileInfo(Shared);
        IsWarm = !_startsAnew && shared.Exists && shared.Length <= MaximumBytes;
        if (IsWarm)
            File.Copy(Shared, Own, overwrite: true);
        else
            File.Delete(Own);
    }

    private static void Link(string link, string target)
    {
        if (new DirectoryInfo(link).LinkTarget == target)
            return;
        if (Directory.Exists(link))
            Directory.Delete(link);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        Directory.CreateSymbolicLink(link, target);
    }
}
