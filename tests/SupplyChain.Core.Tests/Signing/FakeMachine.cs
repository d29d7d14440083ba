using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Tests.Signing;

/// <summary>This machine with another environment and, on top of its own files, files that are only imagined.</summary>
internal sealed class FakeMachine : IMachine
{
    private readonly LocalMachine _local = new();

    public Dictionary<string, string> Variables { get; init; } = [];

    public Dictionary<string, string> Files { get; init; } = [];

    public bool IsWindows { get; init; }

    public bool IsMacOS { get; init; }

    public string HomeFolder { get; init; } = "/home/somebody";

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    public bool FileExists(string path) => Files.ContainsKey(path) || _local.FileExists(path);

    public bool DirectoryExists(string path) => _local.DirectoryExists(path);

    /// <summary>Files that belong to somebody else.</summary>
    public HashSet<string> Unreadable { get; init; } = [];

    public string ReadText(string path) => Unreadable.Contains(path) ? throw new UnauthorizedAccessException($"Access to the path '{path}' is denied.")
        : Files.TryGetValue(path, out var text) ? text : _local.ReadText(path);

    public bool IsExecutable(string path) => Files.TryGetValue(path, out var mode) ? mode == "x" : _local.IsExecutable(path);

    public IEnumerable<string> Directories(string folder, string pattern) => Files.Keys
        .Select(Path.GetDirectoryName)
        .OfType<string>()
        .Where(directory => Path.GetDirectoryName(directory) == folder && System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(directory)))
        .Distinct()
        .Concat(_local.Directories(folder, pattern));
}
