using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Projects;

/// <summary>
/// Reads what a project ships from what its build wrote. A package ships when a file of it is in the publish output; where the published
/// files are not known, when the .deps.json lists files of it; else when the restore chose assets of it that the SDK publishes.
/// </summary>
public static class ProjectInventoryReader
{
    /// <exception cref="DiagnosticException">SCB1501: the assets file is missing, damaged or hostile.</exception>
    public static async Task<ProjectInventory> ReadAsync(ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        var assets = await AssetsFile.ReadAsync(request, cancellationToken);
        var graph = new DependencyGraph(assets);
        var published = request.PublishedFiles is { } files ? new PublishedPackages(files, assets, graph.Nodes.Where(node => !node.IsProject).Select(node => node.Key)) : null;
        var listed = published is null ? await ListedAsync(request.DependencyManifests, cancellationToken) : null;
        var lines = new ProjectLines(request.ProjectFile, assets);
        var folders = new PackageFolders(assets, request.AssetsFile);

        var packages = new List<NuGetPackage>();
        var gaps = new List<string>();
        foreach (var package in graph.Nodes.Where(node => !node.IsProject && Ships(node)).Select(ToPackage).Concat(Packs(published, graph)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            packages.Add(folders.Describe(package, out var gap));
            if (gap is not null)
                gaps.Add(gap);
        }

        packages.Sort(ByIdThenVersion);
        return new ProjectInventory(request.AssemblyName, request.Version, request.ProjectFile, request.TargetFramework, packages)
        {
            Projects = [.. graph.Nodes.Where(IsReferencedProject).Select(node => new ReferencedProject(node.Id, node.Version, graph.Dependencies(node, IsKept)))],
            Dependencies = [.. graph.Roots(IsKept), .. Packs(published, graph).Select(pack => pack.Id)],
            RuntimeIdentifiers = [.. request.RuntimeIdentifiers],
            Gaps = gaps,
        };

        bool Ships(DependencyGraph.Node node) =>
            node.Assets.HasFlag(LibraryAssets.Compiled)
            || (published is not null ? published.Files(node.Key).Count > 0
                : node.ReachesOutput && (node.Assets.HasFlag(LibraryAssets.Content)
                    || (listed is not null ? listed.Contains(node.Key) : node.Assets.HasFlag(LibraryAssets.Runtime))));

        bool IsKept(DependencyGraph.Node node) => node.IsProject ? IsReferencedProject(node) : Ships(node);

        NuGetPackage ToPackage(DependencyGraph.Node node)
        {
            var path = graph.Path(node);
            return new NuGetPackage(node.Id, node.Version, assets.Direct.ContainsKey(node.Id), graph.Dependencies(node, IsKept))
            {
                Path = [.. path.Select(step => step.Id)],
                ReferencedAt = lines.Find(path),
                Files = published?.Files(node.Key) ?? [],
            };
        }
    }

    private static bool IsReferencedProject(DependencyGraph.Node node) => node is { IsProject: true, ReachesOutput: true };

    /// <summary>Published packages that no assets file lists: the runtime packs of a self-contained application.</summary>
    private static IEnumerable<NuGetPackage> Packs(PublishedPackages? published, DependencyGraph graph)
    {
        if (published is null)
            yield break;
        var known = graph.Nodes.Select(node => node.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var key in published.Keys.Where(key => !known.Contains(key)).Order(StringComparer.OrdinalIgnoreCase))
        {
            var slash = key.IndexOf('/');
            yield return new NuGetPackage(key[..slash], key[(slash + 1)..], IsDirect: false, []) { Path = [key[..slash]], Files = published.Files(key) };
        }
    }

    private static async Task<HashSet<string>?> ListedAsync(IReadOnlyList<string> manifests, CancellationToken cancellationToken)
    {
        if (manifests.Count == 0)
            return null;
        var listed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var manifest in manifests)
            await DependencyManifest.ReadInto(listed, manifest, cancellationToken);
        return listed;
    }

    private static int ByIdThenVersion(NuGetPackage a, NuGetPackage b) =>
        StringComparer.OrdinalIgnoreCase.Compare(a.Id, b.Id) is var byId and not 0 ? byId : string.CompareOrdinal(a.Version, b.Version);
}
