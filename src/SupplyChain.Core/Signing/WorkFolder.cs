namespace SupplyChain.Core.Signing;

/// <summary>A new folder inside another one, readable by this user alone, deleted with its content at the end.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string Prefix = ".work-";

    /// <param name="parent">Must exist; the same file system, so that a rename out of the folder is atomic.</param>
    public WorkFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("n")[..12]);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path);
        else
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Takes away what a process that was killed has left in such folders: first of all the registry credential, which is the only thing in
    /// them that is not published anyway.
    /// </summary>
    /// <param name="parent">Need not exist.</param>
    public static void DeleteLeftOver(string parent)
    {
        try
        {
            var folders = Directory.Exists(parent) ? Directory.GetDirectories(parent, Prefix + "*") : [];
            foreach (var folder in folders)
                System.IO.File.Delete(System.IO.Path.Combine(folder, RegistryAccess.ConfigurationFile));
            foreach (var folder in folders)
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another one cleans up at the same time, or the folder is not ours: what has to be written there later says so.
        }
    }

    public void Dispose()
    {
        try
        {
            // The credential goes first, and goes even if something else cannot be deleted.
            System.IO.File.Delete(File(RegistryAccess.ConfigurationFile));
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A scanner may hold a file open on Windows. The next publish deletes what is left (DeleteLeftOver); it must not hide the real error.
        }
    }
}
