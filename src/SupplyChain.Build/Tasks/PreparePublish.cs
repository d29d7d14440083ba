using Microsoft.Build.Framework;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Build.Tasks;

/// <summary>Checks every setting before the image is built, forgets earlier publishes, and says where the SDK shall write its archive.</summary>
public sealed class PreparePublish : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    [Output]
    public string ArchiveFile => State.ArchiveFile;

    protected override Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Settings.ToDictionary(item => item.ItemSpec, item => item.GetMetadata("Value"));
        var plan = new PlanReader(Package.Machine).Read(new Settings(values, ProjectFile));
        State.Clear();
        Directory.CreateDirectory(plan.OutputDirectory);
        State.Plan.Write(plan);
        return Task.CompletedTask;
    }
}
