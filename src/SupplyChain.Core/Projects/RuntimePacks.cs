namespace SupplyChain.Core.Projects;

/// <summary>Published packages that no restore graph lists: the runtime of a self-contained or native application.</summary>
internal static class RuntimePacks
{
    private const string Runtime = "Microsoft.NETCore.App.Runtime.";
    private const string NativeRuntime = "Microsoft.NETCore.App.Runtime.NativeAOT.";

    /// <summary>Ordered by id.</summary>
    public static IReadOnlyList<NuGetPackage> Of(PublishedPackages? published, DependencyGraph graph)
    {
        if (published is null)
            return [];
        var known = graph.Nodes.Select(node => node.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var packs = new List<NuGetPackage>();
        foreach (var key in published.Keys.Where(key => !known.Contains(key)).Order(StringComparer.OrdinalIgnoreCase))
        {
            var (id, version) = (key[..key.IndexOf('/')], key[(key.IndexOf('/') + 1)..]);
            packs.Add(Pack(id, version, key));

            // It is the same code, but advisories name the runtime's package and not that of its native form.
            if (id.StartsWith(NativeRuntime, StringComparison.OrdinalIgnoreCase))
                packs.Add(Pack(Runtime + id[NativeRuntime.Length..], version, key));
        }

        return [.. packs.DistinctBy(pack => $"{pack.Id}/{pack.Version}", StringComparer.OrdinalIgnoreCase)];

        NuGetPackage Pack(string id, string version, string key) => new(id, version, IsDirect: false, []) { Path = [id], Files = published.Files(key) };
    }

    /// <summary>It stands for the native runtime and need not have been downloaded.</summary>
    public static bool IsNameOfAdvisories(NuGetPackage package, PublishedPackages? published) =>
        published is not null
        && package.Id.StartsWith(Runtime, StringComparison.OrdinalIgnoreCase)
        && published.Files($"{NativeRuntime}{package.Id[Runtime.Length..]}/{package.Version}").Count > 0;
}
