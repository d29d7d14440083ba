using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>What to look at in which cluster.</summary>
/// <param name="Context">Of kubectl; null: its current one.</param>
/// <param name="Namespaces">Empty: all.</param>
/// <param name="Report">all: each finding; summary: findings of one resource together.</param>
internal sealed record ClusterTarget(string? Context, IReadOnlyList<string> Namespaces, ClusterReport Report);

/// <summary>SupplyChainClusterReport.</summary>
internal enum ClusterReport
{
    Summary,
    All,
}

/// <summary>
/// Scans what runs in a cluster with <c>trivy k8s</c>: the images of workloads, their settings, roles, secrets in plain sight. It reads, and starts no jobs on
/// nodes.
/// </summary>
internal sealed class ClusterScanner(IToolRunner runner, Tool trivy, Tool kubectl, TimeProvider? clock = null)
{
    /// <exception cref="DiagnosticException">SCB3514 there is no such context; SCB30xx.</exception>
    public async Task<(string Context, ScannedCluster Cluster, DateTimeOffset UpdatedAt)> ScanAsync(ScanRequest request, ClusterTarget target, CancellationToken cancellationToken)
    {
        var context = await ResolveAsync(target.Context, cancellationToken);
        var (arguments, process) = await TrivyScanner.PrepareAsync(runner, trivy, request, cancellationToken);
        Directory.CreateDirectory(request.OutputDirectory);
        var (cache, updatedAt) = await new TrivyScanner(runner, trivy, clock).EnsureDatabaseAsync(request, cancellationToken);
        await new TrivyVersion(process, trivy).RefuseOldAsync(request, cache, cancellationToken);
        var file = Path.Combine(request.OutputDirectory, "scan.cluster.trivy.json");
        File.Delete(file);
        var result = await process.RunAsync(arguments.ForCluster(target with { Context = context }, file, cache), TrivyEnvironment.ForCluster(request.Environment), request.TimeLimit, cancellationToken);
        if (result.ExitCode != 0)
            throw new DiagnosticException(DiagnosticCodes.ScannerFailed, $"Trivy could not scan the cluster of context {context} (exit code {result.ExitCode}). Its last lines: {TrivyProcess.LastWords(result)}");
        try
        {
            return (context, await ScannedCluster.ReadAsync(file, cancellationToken), updatedAt);
        }
        catch (DiagnosticException exception)
        {
            throw TrivyProcess.WithLastWords(exception, "Trivy", result);
        }
    }

    /// <summary>Asked of kubectl, whose files these are; Trivy would say no more than that it cannot connect.</summary>
    private async Task<string> ResolveAsync(string? wanted, CancellationToken cancellationToken)
    {
        var listed = await AskAsync(["config", "get-contexts", "--output", "name"], cancellationToken);
        var known = Lines(listed.StandardOutput);
        var context = wanted;
        if (context is null)
        {
            var current = await AskAsync(["config", "current-context"], cancellationToken);
            context = current.ExitCode == 0 ? Lines(current.StandardOutput).FirstOrDefault() : null;
            if (context is null)
                throw Missing("kubectl has no current context", known);
        }

        return known.Contains(context, StringComparer.Ordinal) ? context : throw Missing($"kubectl knows no context '{SingleLine.Of(context, 100)}'", known);
    }

    private Task<ToolResult> AskAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        runner.RunAsync(new ToolInvocation(kubectl, arguments) { TimeLimit = TimeSpan.FromSeconds(30), OutputLimit = 1024 * 1024 }, cancellationToken);

    private static IReadOnlyList<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static DiagnosticException Missing(string what, IReadOnlyList<string> known) => new(
        DiagnosticCodes.ClusterContextMissing,
        $"{what}. {(known.Count == 0 ? "It knows none at all: log in to the cluster first, or point KUBECONFIG to its file" : $"It knows: {string.Join(", ", known.Take(10).Select(name => SingleLine.Of(name, 100)))}. Name one in SupplyChainClusterContext, or choose one (kubectl config use-context …)")}.");
}
