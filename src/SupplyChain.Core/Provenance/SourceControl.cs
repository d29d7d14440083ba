using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Provenance;

/// <summary>Asks git what is built. It only reads: no lock is taken, no program that the repository's settings name is started, nobody is asked for a password.</summary>
internal sealed class SourceControl(IToolRunner runner, IMachine machine)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, string?> Environment = new()
    {
        ["GIT_OPTIONAL_LOCKS"] = "0",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["LC_ALL"] = "C",
    };

    /// <param name="directory">The project's folder.</param>
    /// <returns>Null: no git, no repository, no commit yet, or git does not trust the folder. What is not known is not claimed.</returns>
    public async Task<SourceRevision?> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        if (new ToolLocator(machine).FindOnPath("git") is not { } git)
            return null;
        var (head, changes, remote) = (
            AskAsync(git, directory, ["rev-parse", "--show-toplevel", "HEAD", "--symbolic-full-name", "HEAD"], cancellationToken),
            AskAsync(git, directory, ["status", "--porcelain", "--untracked-files=normal"], cancellationToken),
            AskAsync(git, directory, ["config", "--get", "remote.origin.url"], cancellationToken));
        await Task.WhenAll(head, changes, remote);
        var lines = (await head)?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        // Where git cannot say whether files were changed, it cannot be said that they were not.
        if (lines is not [var root, var commit, var reference, ..] || commit.Length is not (40 or 64) || !commit.All(char.IsAsciiHexDigitLower))
            return null;
        return new SourceRevision(commit, Dirty: await changes is not "", Path.GetFullPath(root))
        {
            Repository = SourceRevision.PublicAddress(await remote),
            Reference = reference.StartsWith("refs/", StringComparison.Ordinal) ? reference : null,
        };
    }

    /// <summary>When the commit was made that is checked out, in seconds since 1970-01-01 as git writes them.</summary>
    /// <returns>Null: as for <see cref="ReadAsync"/>.</returns>
    public async Task<string?> ReadDateAsync(string directory, CancellationToken cancellationToken) => new ToolLocator(machine).FindOnPath("git") is { } git
        ? (await AskAsync(git, directory, ["log", "-1", "--no-show-signature", "--format=%ct", "HEAD"], cancellationToken, TimeSpan.FromSeconds(10)))?.Trim()
        : null;

    /// <summary>Null: git refused.</summary>
    private async Task<string?> AskAsync(Tool git, string directory, string[] question, CancellationToken cancellationToken, TimeSpan? timeLimit = null)
    {
        try
        {
            var result = await runner.RunAsync(
                new ToolInvocation(git, ["-c", "core.fsmonitor=false", .. question])
                {
                    Environment = Environment,
                    WorkingDirectory = directory,
                    TimeLimit = timeLimit ?? TimeLimit,
                    OutputLimit = 16 * 1024,
                },
                cancellationToken);
            return result.ExitCode == 0 ? result.StandardOutput : null;
        }
        catch (DiagnosticException)
        {
            // It hangs or cannot be started: what is not known is not claimed, and no reason to publish nothing.
            return null;
        }
    }
}
