namespace SupplyChain.Core.Signing;

/// <summary>A new folder inside another one, readable by this user alone, deleted with its content at the end.</summary>
internal sealed class WorkFolder : IDisposable
{
    /// <param name="parent">Must exist; the same file system, so that a rename out of the folder is atomic.</param>
    public WorkFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, ".work-" + Guid.NewGuid().ToString("n")[..12]);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path);
        else
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A scanner may hold a file open on Windows. What is left holds nothing that is not published anyway, and must not hide the real error.
        }
    }
}
