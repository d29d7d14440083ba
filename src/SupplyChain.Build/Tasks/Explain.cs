using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.RepositoryPolicies;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Shows the effective settings and the tools of a publish, and where each comes from. Installs and starts nothing, and writes nothing.</summary>
public sealed class Explain : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var project = Read(Settings);
        var (settings, _, policy, places) = WithPolicy(project, tolerant: true);
        Log.LogMessage(MessageImportance.High, "{0}", policy is null ? "no policy: there is no supplychain.policy.json from the project's folder upwards" : $"policy: {policy.Path}");
        foreach (var line in SettingsExplanation.Lines(settings, project, policy, places, project.ProjectDirectory))
            Log.LogMessage(MessageImportance.High, "{0}", line);
        var reader = new PlanReader(Package.Machine);
        string[] names = ["trivy", "cosign", .. settings.Text("SupplyChainScanner") is "Grype" ? ["grype"] : Array.Empty<string>()];
        using var shelf = NewShelf(reader.ReadTools(settings));
        foreach (var tool in await Task.WhenAll(names.Select(name => ToolExplanation.OfAsync(name, wanted => reader.FindTool(wanted, settings), shelf, cancellationToken))))
            Log.LogMessage(MessageImportance.High, "{0}", tool);
    }
}
