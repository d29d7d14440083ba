using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Publishing;

/// <summary>Which files of the published application change only with its packages, its runtime or its SDK.</summary>
internal static class DependencyFiles
{
    /// <param name="platformDirectory">See <see cref="PublishPlan.PlatformDirectory"/>.</param>
    public static LayerSplit Split(ProjectInventory inventory, string? platformDirectory) => new(platform => Of(PlatformInventories.Of(platformDirectory, inventory, platform)));

    /// <summary>Names in the image: <c>app/Newtonsoft.Json.dll</c>. None, where the packages are in the same file as the application (single file, native).</summary>
    internal static IReadOnlySet<string> Of(ProjectInventory inventory)
    {
        var application = inventory.Application;
        var files = inventory.Packages.SelectMany(package => package.Files).ToHashSet(StringComparer.Ordinal);
        if (application.File is not { } main || files.Contains(main) || !main.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            return new HashSet<string>();
        // The host is a program of the SDK, with the name of the assembly written into it.
        files.Add(main[..^".dll".Length]);
        var folder = application.Directory.Trim('/');
        return files.Select(file => folder.Length == 0 ? file : $"{folder}/{file}").ToHashSet(StringComparer.Ordinal);
    }
}
