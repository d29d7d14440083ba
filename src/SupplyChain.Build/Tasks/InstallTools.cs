using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Fetches ahead what a publish would fetch: tools that are not on this machine, and the vulnerability database.</summary>
public sealed class InstallTools : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var reader = new PlanReader(Package.Machine);
        using var shelf = NewShelf(reader.ReadTools(settings));
        Tool trivy = reader.FindTool("trivy", settings), cosign = reader.FindTool("cosign", settings);
        shelf.Begin(trivy, cosign);
        await shelf.WaitAsync([trivy, cosign], Say, TimeSpan.FromSeconds(5), cancellationToken);
        foreach (var tool in new[] { trivy, cosign })
        {
            var ready = await shelf.ReadyAsync(tool, cancellationToken);
            Say($"{tool.Name} {ready.Version}: {tool.Path} ({tool.FoundBy}, {ready.Verified})");
        }
        await FetchDatabaseAsync(settings, trivy, shelf, cancellationToken);
    }

    private async Task FetchDatabaseAsync(Settings settings, Tool trivy, ToolShelf shelf, CancellationToken cancellationToken)
    {
        if (!settings.Boolean("SupplyChainScan", true))
            return;
        var work = Directory.CreateTempSubdirectory("supplychain-").FullName;
        try
        {
            var scanner = new TrivyScanner(new CheckedToolRunner(new ToolRunner(), shelf), trivy);
            var (folder, updatedAt) = await scanner.EnsureDatabaseAsync(
                new ScanRequest(Task.FromCanceled<Core.Images.ImageLayout>(new CancellationToken(true)), work, work, Package.EnvironmentVariables())
                {
                    Offline = settings.Boolean("SupplyChainOffline", false),
                    DatabaseRepositories = settings.List("SupplyChainTrivyDatabase"),
                },
                cancellationToken);
            Say(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"vulnerability database of {updatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {folder}"));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
