namespace SupplyChain.TestKit;

/// <summary>
/// Finds the real tools (cosign, trivy, docker-registry, crane, oras) that the tests run against. A missing tool fails the test: a test
/// that is silently skipped proves nothing.
/// </summary>
internal static class Toolchain
{
    private const string Solution = "SupplyChain.Build.sln";

    /// <summary>The checkout's root: the nearest folder above the test's own binary that has the solution in it.</summary>
    public static string RepositoryRoot { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Where tests/toolchain/install.sh puts the tools.</summary>
    public static string Folder => Path.Combine(RepositoryRoot, "artifacts", "toolchain");

    /// <summary>
    /// The absolute path of a tool: the one that tests/toolchain/install.sh has put in place (an official one on PATH it links there, if it is of
    /// the right version), else one on PATH.
    /// </summary>
    /// <exception cref="InvalidOperationException">The tool is in neither place.</exception>
    public static string Require(string tool) =>
        Find(tool, Environment.GetEnvironmentVariable("PATH"), Folder)
        ?? throw new InvalidOperationException(
            $"The tests run the real {tool}, and it is neither in {Path.Combine(Folder, "bin")} nor on PATH. Run tests/toolchain/install.sh first (tests/run.sh does it by itself).");

    internal static string? Find(string tool, string? searchPath, string folder)
    {
        var places = (searchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathFullyQualified)
            .Prepend(Path.Combine(folder, "bin"));
        return places.Select(place => Path.Combine(place, tool)).FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string file) =>
        File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != 0);

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {start} has {Solution} in it. Run the tests from a checkout of the repository.");
    }
}
