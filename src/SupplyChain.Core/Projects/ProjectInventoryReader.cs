using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Projects;

/// <summary>
/// Reads what a project ships from what its build wrote. A package ships when a file of it is in the publish output, in the single-file bundle or
/// in the native executable; where the published files are not known, when the .deps.json lists files of it; else when the restore chose assets of
/// it that the SDK publishes.
/// </summary>
public static class ProjectInventoryReader
{
    /// <exception cref="DiagnosticException">SCB1501: the assets file is missing, damaged or hostile.</exception>
    public static async Task<ProjectInventory> ReadAsync(ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        var application = Task.Run(() => MainFile.ReadAsync(request, cancellationToken), cancellationToken);
        var assets = await AssetsFile.ReadAsync(request, cancellationToken);
        var graph = new DependencyGraph(assets);
        var gaps = new List<Gap>();
        var native = NativeStatistics.Read(request.NativeStatistics);
        if (request.NativeStatistics is { } statistics && native is null)
            gaps.Add(new Gap(GapKind.Unknown, "the native compiler's statistics cannot be read, so packages whose code it left out are listed too. Leave IlcGenerateMstatFile=true.") { Detail = statistics });
        var published = request.PublishedFiles is { } files
            ? new PublishedPackages(files, assets, graph.Nodes.Where(node => !node.IsProject).Select(node => node.Key), native)
            : null;
        var listed = published is null ? await ListedAsync(request.DependencyManifests, cancellationToken) : null;
        var lines = new ProjectLines(request.ProjectFile, assets);
        var folders = new PackageFolders(assets, request.AssetsFile);
        var packs = RuntimePacks.Of(published, graph);
        var trimmed = request.TrimmedPackages.ToHashSet(StringComparer.OrdinalIgnoreCase);

        if (request.Asked?.Compare(assets) is { } outdated)
            gaps.Add(outdated);
        var packages = Describe(graph.Nodes.Where(node => !node.IsProject && Ships(node)).Select(ToPackage).Concat(packs), gaps);
        var shipped = packages.Select(package => $"{package.Id}/{package.Version}").ToHashSet(StringComparer.OrdinalIgnoreCase);

        // What could not be learned of them leaves no gap in what ships.
        var notShippedGaps = new List<Gap>();
        var notShipped = Describe(
            graph.Nodes.Where(node => !node.IsProject && !Ships(node)).Select(node => ToPackage(node) with { NotShipped = Reason(node) })
                .Concat(Downloads(assets).Where(package => !shipped.Contains($"{package.Id}/{package.Version}"))),
            notShippedGaps);
        var frameworks = packs.Count > 0 ? [] : RuntimeConfiguration.Frameworks(request.RuntimeConfiguration);
        if (packs.Count == 0 && request.RuntimeConfiguration is { } configuration && frameworks.Count == 0)
            gaps.Add(new Gap(GapKind.Unknown, "which shared frameworks the application needs is not known: its .runtimeconfig.json cannot be read. Leave GenerateRuntimeConfigurationFiles=true.") { Detail = configuration });
        var facts = await application;
        if (request.MainFiles.Count > 0 && facts.Sha512 is null)
            gaps.Add(new Gap(GapKind.Unknown, "the application's own file was not found in the publish output, so it has no hash. Publish again.") { Detail = string.Join(", ", request.MainFiles) });
        var loose = new LooseFiles(request, published);
        return new ProjectInventory(request.AssemblyName, request.Version, request.ProjectFile, request.TargetFramework, packages)
        {
            Projects = [.. graph.Nodes.Where(IsReferencedProject).Select(node => loose.Dress(new ReferencedProject(node.Id, node.Version, graph.Dependencies(node, IsKept)), node.Assembly))],
            Dependencies = [.. graph.Roots(IsKept), .. packs.Select(pack => pack.Id)],
            RuntimeIdentifiers = [.. request.RuntimeIdentifiers],
            NotShipped = notShipped,
            Frameworks = frameworks,
            SdkVersion = request.SdkVersion,
            Application = facts,
            LooseFiles = loose.Others(graph.Nodes.Where(node => node.IsProject).Select(node => node.Assembly).OfType<string>()),
            Gaps = gaps,
            NotShippedGaps = notShippedGaps,
        };

        bool Ships(DependencyGraph.Node node) =>
            node.Assets.HasFlag(LibraryAssets.Compiled)
            || (published is not null ? published.Files(node.Key).Count > 0
                : node.ReachesOutput && (node.Assets.HasFlag(LibraryAssets.Content)
                    || (listed is not null ? listed.Contains(node.Key) : node.Assets.HasFlag(LibraryAssets.Runtime))));

        bool IsKept(DependencyGraph.Node node) => node.IsProject ? IsReferencedProject(node) : Ships(node);

        NotShippedReason Reason(DependencyGraph.Node node) =>
            !node.ReachesOutput ? NotShippedReason.DevelopmentOnly
            : assets.SuppliedByFramework.Contains(node.Id) ? NotShippedReason.SuppliedByRuntime
            : !node.Assets.HasFlag(LibraryAssets.Runtime) ? NotShippedReason.NothingToPublish
            : trimmed.Contains(node.Id) ? NotShippedReason.TrimmedAway
            : NotShippedReason.SuppliedByRuntime;

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

        List<NuGetPackage> Describe(IEnumerable<NuGetPackage> found, List<Gap> gaps)
        {
            // Three small files a package: side by side, and joined in their order.
            var packages = found.ToList();
            var (described, missing) = (new NuGetPackage[packages.Count], new List<Gap>[packages.Count]);
            SideBySide.ForEach([.. Enumerable.Range(0, packages.Count)], i => described[i] = folders.Describe(packages[i], missing[i] = []), cancellationToken);

            for (var i = 0; i < packages.Count; i++)
            {
                if (!RuntimePacks.IsNameOfAdvisories(packages[i], published))
                    gaps.AddRange(missing[i]);
            }

            Array.Sort(described, ByIdThenVersion);
            return [.. described];
        }
    }

    private static bool IsReferencedProject(DependencyGraph.Node node) => node is { IsProject: true, ReachesOutput: true };

    private static IEnumerable<NuGetPackage> Downloads(AssetsFile assets) =>
        assets.Downloads.Select(package => new NuGetPackage(package.Id, package.Version, IsDirect: false, []) { Path = [package.Id], NotShipped = NotShippedReason.BuildTool });

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
