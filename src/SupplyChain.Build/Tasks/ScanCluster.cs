using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Scans what runs in a cluster, with the same threshold and waivers as for an image.</summary>
public sealed class ScanCluster : ScannerTask
{
    protected override Task ExecuteAsync(CancellationToken cancellationToken) => ScanAsync(
        async (settings, policy, context, runner, trivy, work) =>
        {
            var kubectl = new ToolLocator(Package.Machine).FindOnPath("kubectl") ?? throw new DiagnosticException(
                DiagnosticCodes.ToolMissing, "kubectl is not on PATH; it says which clusters this machine knows. Install it, then log in to the cluster (kubectl config get-contexts shows it).");
            var target = new ClusterTarget(settings.Text("SupplyChainClusterContext"), settings.List("SupplyChainClusterNamespaces"), settings.OneOf("SupplyChainClusterReport", ClusterReport.Summary));
            if (target.Context?.StartsWith('-') is true || target.Namespaces.Any(name => !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || name.StartsWith('-')))
                throw settings.Invalid(target.Context?.StartsWith('-') is true ? "SupplyChainClusterContext" : "SupplyChainClusterNamespaces", "names of contexts and namespaces");
            var output = Path.Combine(settings.Path("OutputDirectory")!, "cluster");
            var (name, cluster, updatedAt) = await new ClusterScanner(runner, trivy, kubectl).ScanAsync(Request(settings, work, output), target, cancellationToken);
            var blocking = ClusterGate.Evaluate(cluster, policy, context, EmptyProject(settings), target.Report is ClusterReport.All);
            Say(FormattableString.Invariant($"cluster {SingleLine.Of(name, 200)}: {cluster.All.Count} resources scanned, database of {updatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC; threshold {policy.Threshold}: {(blocking.Count == 0 ? "passed" : "failed")}"));
            foreach (var diagnostic in blocking)
                Report(diagnostic);
        },
        cancellationToken);
}
