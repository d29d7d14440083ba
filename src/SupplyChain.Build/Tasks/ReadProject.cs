using Microsoft.Build.Framework;
using SupplyChain.Core.Projects;

namespace SupplyChain.Build.Tasks;

/// <summary>Reads what the project ships from the build itself.</summary>
public sealed class ReadProject : StageTask
{
    /// <summary>@(ResolvedFileToPublish); empty when several platforms are published, as only their inner builds have it.</summary>
    public ITaskItem[] PublishedFiles { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var request = new ProjectInventoryRequest(plan.ProjectFile, plan.AssetsFile, plan.TargetFramework, plan.AssemblyName, plan.Version)
        {
            RuntimeIdentifiers = plan.RuntimeIdentifiers,
            PublishedFiles = PublishedFiles.Length == 0 ? null : [.. PublishedFiles.Select(Published)],
        };
        var inventory = await ProjectInventoryReader.ReadAsync(request, cancellationToken);
        inventory.Gaps.ToList().ForEach(Detail);
        State.Inventory.Write(inventory);
    }

    private static PublishedFile Published(ITaskItem item) =>
        new(item.GetMetadata("RelativePath").Replace('\\', '/'), item.GetMetadata("FullPath"), NullIfEmpty(item.GetMetadata("NuGetPackageId")), NullIfEmpty(item.GetMetadata("NuGetPackageVersion")));

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
