using Microsoft.Build.Framework;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// In the inner build of one runtime identifier out of several: writes what is shipped for it, where the outer build finds it, and puts its bill of
/// materials into the publish output.
/// </summary>
public sealed class ReadPlatform : StageTask
{
    /// <summary>What the build says about the project: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    /// <summary>What the publish wrote, and what it put into a bundle or a native executable.</summary>
    public ITaskItem[] PublishedFiles { get; set; } = [];

    [Required]
    public string PublishDirectory { get; set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(StateDirectory);
        var settings = Read(Settings);
        var embed = settings.Boolean("SupplyChainSbom", true) && settings.Boolean("SupplyChainEmbedSbom", true);
        var date = embed ? SourceDate.ReadAsync(Package.Machine, new ToolRunner(), settings.ProjectDirectory, cancellationToken) : null;
        var request = ProjectRequests.From(settings, ProjectItems.PublishedFiles(PublishedFiles));
        var inventory = State.Inventory.Write(await ProjectInventoryReader.ReadAsync(request, cancellationToken));
        if (date is not null)
        {
            var sources = await date;
            Detail(Kept.Replace(() => EmbeddedSbom.Write(inventory, PublishDirectory, sources)).Summary);
        }
    }
}
