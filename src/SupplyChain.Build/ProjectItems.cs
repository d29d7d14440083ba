using Microsoft.Build.Framework;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Build;

/// <summary>The items by which the targets hand over what they know.</summary>
internal static class ProjectItems
{
    /// <param name="items">Include = name, Value = text. A name may stand several times: a list, or the same once more.</param>
    public static Settings Settings(ITaskItem[] items, string projectFile) => new(
        items.GroupBy(item => item.ItemSpec).ToDictionary(group => group.Key, group => string.Join(';', group.Select(item => item.GetMetadata("Value")).Where(value => value.Length > 0))),
        projectFile);

    public static IReadOnlyList<PublishedFile> PublishedFiles(ITaskItem[] items) =>
    [
        .. items.Select(item => new PublishedFile(
            item.GetMetadata("RelativePath").Replace('\\', '/'),
            item.GetMetadata("FullPath"),
            NullIfEmpty(item.GetMetadata("NuGetPackageId")),
            NullIfEmpty(item.GetMetadata("NuGetPackageVersion")))
        {
            Inside = NullIfEmpty(item.GetMetadata("Inside")),
            IsCompiledToNative = item.GetMetadata("CompiledToNative").Length > 0,
        }),
    ];

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
