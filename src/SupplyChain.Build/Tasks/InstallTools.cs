using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Fetches ahead what a publish would fetch: tools that are not on this machine, and the vulnerability database. Writes them into a bundle on demand.</summary>
public sealed class InstallTools : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var reader = new PlanReader(Package.Machine);
        var bundle = settings.Path("SupplyChainAirGapBundle");
        // A bundle is written here, and read elsewhere.
        var provision = reader.ReadTools(settings) with { AirGapBundle = null };
        using var shelf = NewShelf(provision, everySignature: true);
        var grype = settings.OneOf("SupplyChainScanner", ScannerName.Trivy) is ScannerName.Grype;
        string[] names = ["trivy", "cosign", .. grype ? ["grype"] : Array.Empty<string>()];
        var tools = names.Select(name => bundle is null ? reader.FindTool(name, settings) : reader.FindRelease(name, settings)).ToList();
        shelf.Begin(tools);
        await shelf.WaitAsync(tools, Say, TimeSpan.FromSeconds(5), cancellationToken);
        foreach (var tool in tools)
        {
            var ready = await shelf.ReadyAsync(tool, cancellationToken);
            Say($"{tool.Name} {ready.Version}: {tool.Path} ({tool.FoundBy}, {ready.Verified})");
        }

        var database = await FetchDatabaseAsync(settings, tools[0], shelf, cancellationToken);
        if (bundle is null)
            return;
        var (sha256, size) = await new AirGapBundleWriter(new ToolCache(provision.Folder), TimeProvider.System)
            .WriteAsync(bundle, [.. tools.Select(tool => tool.Release!)], database, Package.Version, cancellationToken);
        Say($"bundle written: {bundle} ({Amounts.Size(size)}, SHA-256 {sha256}). Publish from it with -p:SupplyChainAirGapBundle=… -p:SupplyChainOffline=true.");
    }

    /// <returns>Trivy's cache folder with the database in it; null: nothing will be scanned.</returns>
    private async Task<string?> FetchDatabaseAsync(Settings settings, Tool trivy, ToolShelf shelf, CancellationToken cancellationToken)
    {
        // The server has it, or Grype its own: `grype db update`.
        if (!settings.Boolean("SupplyChainScan", true) || settings.OneOf("SupplyChainScanner", ScannerName.Trivy) is ScannerName.Grype || settings.Text("SupplyChainTrivyServer") is not null)
            return null;
        var work = Directory.CreateTempSubdirectory("supplychain-").FullName;
        try
        {
            var scanner = new TrivyScanner(new CheckedToolRunner(new ToolRunner(), shelf), trivy);
            var (folder, updatedAt) = await scanner.EnsureDatabaseAsync(
                new ScanRequest(Task.FromCanceled<Core.Images.ImageLayout>(new CancellationToken(true)), work, work, Package.EnvironmentVariables(settings.Path("SupplyChainCertificateAuthorityFile")))
                {
                    Offline = settings.Boolean("SupplyChainOffline", false),
                    DatabaseRepositories = PlanReader.Databases(settings),
                },
                cancellationToken);
            Say(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"vulnerability database of {updatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {folder}"));
            return folder;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
