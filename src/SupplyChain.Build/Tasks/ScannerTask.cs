using Microsoft.Build.Framework;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>What the targets share that scan something else than an image in the making: the scanner, the threshold, the waivers, the reports.</summary>
public abstract class ScannerTask : ExaminationTask
{
    /// <summary>@(SupplyChainWaiver).</summary>
    public ITaskItem[] Waivers { get; set; } = [];

    /// <summary>@(NuGetAuditSuppress).</summary>
    public ITaskItem[] AuditSuppressions { get; set; } = [];

    /// <summary>@(SupplyChainVex).</summary>
    public ITaskItem[] VexFiles { get; set; } = [];

    /// <summary>A folder that is deleted at the end, and the scanner, installed and checked.</summary>
    private protected async Task ScanAsync(Func<Settings, GatePolicy, GateContext, IToolRunner, Tool, string, Task> scan, CancellationToken cancellationToken)
    {
        var (settings, policy, _, _) = WithPolicy(Read(Settings));
        var reader = new PlanReader(Package.Machine);
        var trivy = reader.FindTool("trivy", settings);
        using var shelf = NewShelf(reader.ReadTools(settings));
        var context = ReadContext(settings);
        if (policy is not null)
            Refuse(policy.CheckWaivers(context.Waivers, context.Now));
        await shelf.WaitAsync([trivy], Say, TimeSpan.FromSeconds(5), cancellationToken);
        var work = Directory.CreateTempSubdirectory("supply-chain-").FullName;
        try
        {
            await scan(settings, GateSettings.Read(settings), context, new CheckedToolRunner(new ToolRunner(), shelf), trivy, work);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private protected static ScanRequest Request(Settings settings, string work, string output)
    {
        var offline = settings.Boolean("SupplyChainOffline", false);
        return new ScanRequest(Task.FromCanceled<ImageLayout>(new CancellationToken(true)), work, output, Package.EnvironmentVariables(settings.Path("SupplyChainCertificateAuthorityFile")))
        {
            Offline = offline,
            DatabaseRepositories = PlanReader.Databases(settings),
            Server = TrivyServer.Read(settings.Text("SupplyChainTrivyServer"), settings.Text("SupplyChainTrivyServerTokenVariable"), offline, Environment.GetEnvironmentVariable),
        };
    }

    /// <summary>The line with the counts, scan.json and SARIF, then the messages.</summary>
    private protected void Conclude(ScanReport report, GateVerdict verdict, GatePolicy policy, ProjectInventory project, ImageReference subject, string what, string directory)
    {
        Directory.CreateDirectory(directory);
        new StateFile<ScanReport>(directory, "scan.json", ScanJson.Indented.ScanReport).Write(report);
        var input = new ReportInput(report, verdict, policy, project, subject, ReportInput.FindRoot(ProjectFile), TimeProvider.System.GetUtcNow(), Package.Version);
        File.WriteAllBytes(Path.Combine(directory, "scan.sarif"), new SarifWriter(input).Write());
        var version = report.ScannerVersion == "unknown" ? "" : $" {report.ScannerVersion}";
        var database = report.DatabaseUpdatedAt is { } updated ? FormattableString.Invariant($", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "";
        Say($"{what} scanned with {report.Scanner}{version}{database}: {verdict.Summary}");
        verdict.Warnings.ToList().ForEach(Report);
        verdict.Blocking.ToList().ForEach(Report);
    }

    /// <summary>For gates that know no project: its name and its file, for messages.</summary>
    private protected ProjectInventory EmptyProject(Settings settings) =>
        new(settings.Text("AssemblyName") ?? Path.GetFileNameWithoutExtension(ProjectFile), settings.Text("Version") ?? "0.0.0", ProjectFile, settings.Text("TargetFramework") ?? "net10.0", []);

    private GateContext ReadContext(Settings settings) => new()
    {
        Now = TimeProvider.System.GetUtcNow(),
        Waivers =
        [
            .. WaiverItems.Read(Waivers.Select(GateItems.Waiver)), .. IgnoreFiles.Read(settings.ProjectDirectory),
            .. WaiverItems.ReadAuditSuppressions(AuditSuppressions.Select(item => (item.ItemSpec, item.GetMetadata("DefiningProjectFullPath")))),
        ],
        Vex = [.. VexFiles.Select(item => item.GetMetadata("FullPath")).SelectMany(VexReader.Read)],
        Supplied = new SuppliedPackages(settings.List("RuntimeSuppliedPackages")),
    };
}
