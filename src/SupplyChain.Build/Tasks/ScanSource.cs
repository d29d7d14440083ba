using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// Scans the sources: the packages that the restore chose, lock files of other languages, secrets, Dockerfiles, Kubernetes YAML, Terraform. The same threshold
/// and waivers as for an image.
/// </summary>
public sealed class ScanSource : ScannerTask
{
    protected override Task ExecuteAsync(CancellationToken cancellationToken) => ScanAsync(
        async (settings, policy, context, runner, trivy, work) =>
        {
            var folder = settings.Path("SupplyChainSourcePath") ?? settings.ProjectDirectory;
            if (!Directory.Exists(folder))
                throw settings.Invalid("SupplyChainSourcePath", "an existing folder");
            var output = Path.Combine(settings.Path("OutputDirectory")!, "source");
            var project = await ReadProjectAsync(settings, cancellationToken);
            var request = Request(settings, work, output);
            if (project is not null)
            {
                request = request with { InventoryFile = Path.Combine(work, "inventory.cdx.json") };
                await using var file = File.Create(request.InventoryFile);
                CycloneDxWriter.Write(SbomBuilder.BuildInventory(project, Package.Version), file);
            }

            var report = await new SourceScanner(runner, trivy).ScanFolderAsync(request, folder, cancellationToken);
            context = context with { Consequence = "the sources do not pass", ReportFile = Relative(Path.Combine(output, "scan.sarif")) };
            var verdict = await new GateStep(policy, context, () => ReadAssetsAsync(settings, cancellationToken), settings.Text("TargetFramework") ?? "").EvaluateAsync(report, project ?? EmptyProject(settings), report.Image);
            Conclude(report, verdict, policy, project ?? EmptyProject(settings), new ImageReference(null, "sources"), $"{Relative(folder)}: sources", output);
        },
        cancellationToken);

    /// <summary>Null: nothing was restored, or for several frameworks at once; its lock file still is looked at.</summary>
    private static async Task<ProjectInventory?> ReadProjectAsync(Settings settings, CancellationToken cancellationToken) =>
        settings.Text("TargetFramework") is not null && settings.Path("ProjectAssetsFile") is { } assets && File.Exists(assets) ? await ProjectInventoryReader.ReadAsync(RequestOf(settings), cancellationToken) : null;

    /// <summary>The packages of the framework, whatever platforms an image would be for.</summary>
    private static ProjectInventoryRequest RequestOf(Settings settings) => ProjectRequests.From(settings, []) with { RuntimeIdentifiers = [] };

    private static async Task<AssetsFile?> ReadAssetsAsync(Settings settings, CancellationToken cancellationToken)
    {
        try
        {
            return await AssetsFile.ReadAsync(RequestOf(settings), cancellationToken);
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }
}
