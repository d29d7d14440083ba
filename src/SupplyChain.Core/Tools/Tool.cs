namespace SupplyChain.Core.Tools;

/// <summary>An external program that was found on this machine.</summary>
/// <param name="Name">trivy, cosign, …</param>
/// <param name="Path">Absolute path of the executable.</param>
/// <param name="FoundBy">For people: the property, PATH, or the tools folder that led to it.</param>
public sealed record Tool(string Name, string Path, string FoundBy)
{
    /// <summary>The pinned release that belongs at <see cref="Path"/>, and is installed there when it is not yet; null: a program of the user's own.</summary>
    public ToolRelease? Release { get; init; }

    /// <summary>What the program itself says, read from the file and never by running it; null: it does not say, or was not looked at yet.</summary>
    public string? Version { get; init; }

    /// <summary>Of the program, 64 lower-case hexadecimal digits; null: not looked at yet.</summary>
    public string? Sha256 { get; init; }

    /// <summary>For people: what vouches for it, or that nothing does.</summary>
    public string? Verified { get; init; }
}

/// <summary>One run of a tool. Arguments are a list and never pass through a shell.</summary>
public sealed record ToolInvocation(Tool Tool, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// Added to what the tool gets of this process's environment (our tools: an allow-list; other programs: everything); a null value removes a variable.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Written to its standard input once it is there, which may be long after the tool has started; null: that is empty.</summary>
    public Task<ReadOnlyMemory<byte>>? StandardInput { get; init; }

    /// <summary>It gets a new temporary folder that only this user can read, deleted when it has ended.</summary>
    public bool OwnTemporaryFolder { get; init; } = true;

    public string? WorkingDirectory { get; init; }

    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many bytes of standard output are kept, the last ones. Ask a tool that writes more to write a file.</summary>
    public int OutputLimit { get; init; } = 64 * 1024 * 1024;
}

/// <summary>How a run ended. The texts are cut to the tool's last output when it is very long.</summary>
public sealed record ToolResult(int ExitCode, string StandardOutput, string StandardError, TimeSpan Duration)
{
    /// <summary>True when standard output was longer than the limit: what is here begins somewhere in the middle.</summary>
    public bool OutputWasCut { get; init; }

    /// <summary>The last lines of standard error, for an error message.</summary>
    public string LastErrorLines(int count = 5) =>
        string.Join(Environment.NewLine, StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(count));
}

/// <summary>Runs a tool: real processes, or what a test puts in their place.</summary>
public interface IToolRunner
{
    /// <exception cref="Diagnostics.DiagnosticException">SCB7002 when the time limit is over, SCB7003 when the program cannot be started.</exception>
    Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken);
}
