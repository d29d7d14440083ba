using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Publishing;

/// <summary>What the inner builds of a publish for several runtime identifiers have written: an inventory each, in a folder of the identifier's name.</summary>
internal static class PlatformInventories
{
    public static PublishState StateOf(string directory, string runtimeIdentifier) => new(Path.Combine(directory, runtimeIdentifier));

    /// <summary>Forgets those of an earlier publish.</summary>
    public static void Clear(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    /// <summary>All of them as one. Where an inner build has written nothing, what the restore chose counts, and the gap is named; it is written in its place.</summary>
    public static async Task<ProjectInventory> ReadAsync(string directory, ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        var inventories = new List<ProjectInventory>();
        foreach (var rid in request.RuntimeIdentifiers)
        {
            var state = StateOf(directory, rid);
            if (state.Inventory.ReadOrNull() is { } written)
            {
                inventories.Add(written);
                continue;
            }

            var chosen = WithoutFiles(await ProjectInventoryReader.ReadAsync(request with { RuntimeIdentifiers = [rid], PublishedFiles = null }, cancellationToken), $"for {rid} ");
            Directory.CreateDirectory(state.Directory);
            inventories.Add(state.Inventory.Write(chosen));
        }

        return InventoryMerge.Of(inventories);
    }

    /// <summary>The inventory of one platform alone.</summary>
    /// <param name="all">Of all platforms; it is the answer where none was written for this one.</param>
    public static ProjectInventory Of(string? directory, ProjectInventory all, Platform platform) =>
        directory is not null && all.RuntimeIdentifiers.FirstOrDefault(rid => RunsOn(rid, platform)) is { } found ? StateOf(directory, found).Inventory.ReadOrNull() ?? all : all;

    /// <summary>Says that what the restore chose stands for what was published.</summary>
    public static ProjectInventory WithoutFiles(ProjectInventory chosen, string where = "") => chosen with
    {
        Gaps = [.. chosen.Gaps, new Gap(GapKind.Unknown, $"the files that were published {where}are not known; the packages that the restore chose stand in for them. Put the targets of SupplyChain.Build back if they were taken out or replaced.")],
    };

    /// <summary><c>linux-musl-x64</c> is an image for <c>linux/amd64</c>. Go's names of architectures are those of the OCI image specification.</summary>
    private static bool RunsOn(string runtimeIdentifier, Platform platform) => runtimeIdentifier[(runtimeIdentifier.LastIndexOf('-') + 1)..] switch
    {
        "x64" => "amd64",
        "x86" => "386",
        "loongarch64" => "loong64",
        var same => same,
    } == platform.Architecture;
}
