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

    /// <summary>All of them as one. Where an inner build has written nothing, what the restore chose counts, and the gap is named.</summary>
    public static async Task<ProjectInventory> ReadAsync(string directory, ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        var inventories = new List<ProjectInventory>();
        foreach (var rid in request.RuntimeIdentifiers)
        {
            if (StateOf(directory, rid).Inventory.ReadOrNull() is { } written)
            {
                inventories.Add(written);
                continue;
            }

            var chosen = await ProjectInventoryReader.ReadAsync(request with { RuntimeIdentifiers = [rid], PublishedFiles = null }, cancellationToken);
            inventories.Add(chosen with { Gaps = [.. chosen.Gaps, $"the files that were published for {rid} are not known; the packages that the restore chose stand in for them. Put SupplyChainReadPlatform back if it was taken out."] });
        }

        return InventoryMerge.Of(inventories);
    }
}
