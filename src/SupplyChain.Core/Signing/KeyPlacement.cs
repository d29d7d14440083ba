using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>Says so when a private key lies where the next commit could take it along.</summary>
internal sealed class KeyPlacement(IToolRunner runner, IMachine machine)
{
    private const int NotIgnored = 1;

    /// <returns>Null: it is in no git work tree, or git ignores it, or there is no git to ask.</returns>
    public async Task<Diagnostic?> WarningAsync(string privateKeyFile, CancellationToken cancellationToken)
    {
        if (new ToolLocator(machine).FindOnPath("git") is not { } git)
            return null;
        try
        {
            var result = await runner.RunAsync(
                new ToolInvocation(git, ["-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--", privateKeyFile])
                {
                    Environment = new Dictionary<string, string?> { ["GIT_OPTIONAL_LOCKS"] = "0", ["GIT_TERMINAL_PROMPT"] = "0" },
                    WorkingDirectory = Path.GetDirectoryName(privateKeyFile),
                    TimeLimit = TimeSpan.FromSeconds(30),
                    OutputLimit = 4096,
                },
                cancellationToken);
            return result.ExitCode == NotIgnored
                ? new Diagnostic(DiagnosticCodes.KeyInSources, $"the private key {privateKeyFile} lies in a git work tree and is not ignored: the next commit may take it along. Move it out, or add it to .gitignore.")
                : null;
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }
}
