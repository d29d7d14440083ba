using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Shows what a publish would use, and where each comes from. Installs and starts nothing, and writes nothing.</summary>
public sealed class Explain : StageTask
{
    private static readonly string[] ToolNames = ["trivy", "cosign"];

    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var settings = Read(Settings);
        var reader = new PlanReader(Package.Machine);
        using var shelf = NewShelf(reader.ReadTools(settings));
        foreach (var tool in await Task.WhenAll(ToolNames.Select(name => ToolExplanation.OfAsync(name, wanted => reader.FindTool(wanted, settings), shelf, cancellationToken))))
            Log.LogMessage(MessageImportance.High, "{0}", tool);
    }
}
