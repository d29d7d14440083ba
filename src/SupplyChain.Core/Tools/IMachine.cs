using System.Text;

namespace SupplyChain.Core.Tools;

/// <summary>The machine as far as finding tools needs it; a test puts another one in its place.</summary>
public interface IMachine
{
    bool IsWindows { get; }

    bool IsMacOS { get; }

    /// <summary>The user's home folder, absolute, from the environment or the user database.</summary>
    string HomeFolder { get; }

    /// <summary>An environment variable; null when it is not set.</summary>
    string? Variable(string name);

    bool FileExists(string path);

    bool DirectoryExists(string path);

    /// <summary>The first 64 KiB of a file as UTF-8.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or this user may not read it.</exception>
    string ReadText(string path);

    /// <summary>A file that may be executed, as far as its mode says.</summary>
    bool IsExecutable(string path);

    /// <summary>Folders in a folder, by pattern; none when the folder does not exist.</summary>
    IEnumerable<string> Directories(string folder, string pattern);
}

/// <summary>The machine this process runs on.</summary>
public sealed class LocalMachine : IMachine
{
    public bool IsWindows => OperatingSystem.IsWindows();

    public bool IsMacOS => OperatingSystem.IsMacOS();

    public string HomeFolder => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    public string? Variable(string name) => Environment.GetEnvironmentVariable(name);

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public string ReadText(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[64 * 1024];
        return Encoding.UTF8.GetString(buffer, 0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
    }

    public bool IsExecutable(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);

    public IEnumerable<string> Directories(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, pattern) : [];
}
