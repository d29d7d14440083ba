using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>Runs Trivy in a folder of ours, where no trivy.yaml, .trivyignore or trivy-secret.yaml of the user lies.</summary>
internal sealed class TrivyProcess(IToolRunner runner, Tool trivy, string workDirectory)
{
    private static readonly string[] SecretNames = ["PASSWORD", "TOKEN", "SECRET"];

    /// <summary>In what it says, secrets that it was given are masked: its last words end in messages.</summary>
    public async Task<ToolResult> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        var mask = new SecretMask();
        foreach (var (name, value) in environment)
        {
            if (SecretNames.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)))
                mask.Add(value);
        }
        var result = await RunAsync(
            runner,
            new ToolInvocation(trivy, arguments)
            {
                Environment = environment,
                WorkingDirectory = workDirectory,
                // Trivy's own limit comes first and says what it was doing.
                TimeLimit = timeLimit + TimeSpan.FromSeconds(5),
            },
            mask,
            cancellationToken);
        return result with { StandardError = mask.Apply(result.StandardError) };
    }

    /// <summary>A scanner that hangs has often said why.</summary>
    public static async Task<ToolResult> RunAsync(IToolRunner runner, ToolInvocation invocation, SecretMask mask, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(invocation, cancellationToken);
        }
        catch (DiagnosticException exception) when (exception.Data[ToolRunner.StandardErrorKey] is string said && !string.IsNullOrWhiteSpace(said))
        {
            throw WithLastWords(exception, invocation.Tool.Name, new ToolResult(-1, "", mask.Apply(said), invocation.TimeLimit));
        }
    }

    /// <summary>What a scanner said last is often why its report is not whole.</summary>
    public static DiagnosticException WithLastWords(DiagnosticException exception, string scanner, ToolResult result) => string.IsNullOrWhiteSpace(result.StandardError) ? exception
        : new DiagnosticException(exception.Diagnostic with { Message = $"{exception.Diagnostic.Message} {scanner}'s last lines: {LastWords(result)}" }, exception);

    /// <summary>What Trivy said last, for a message.</summary>
    public static string LastWords(ToolResult result)
    {
        var lines = result.LastErrorLines().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => SingleLine.Of(line, 500));
        var words = string.Join(" | ", lines);
        return words.Length > 0 ? words : "it said nothing";
    }
}
