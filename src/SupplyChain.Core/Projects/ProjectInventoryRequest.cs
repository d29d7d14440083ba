namespace SupplyChain.Core.Projects;

/// <summary>What the build says about the project whose inventory is wanted.</summary>
/// <param name="ProjectFile">Absolute path of the project file.</param>
/// <param name="AssetsFile">Absolute path of <c>obj/project.assets.json</c> (<c>$(ProjectAssetsFile)</c>).</param>
/// <param name="TargetFramework"><c>$(TargetFramework)</c>, for example <c>net10.0</c>.</param>
/// <param name="AssemblyName"><c>$(AssemblyName)</c>: the application's name.</param>
/// <param name="Version"><c>$(Version)</c>: the application's version.</param>
public sealed record ProjectInventoryRequest(string ProjectFile, string AssetsFile, string TargetFramework, string AssemblyName, string Version)
{
    /// <summary>One, several or none (a portable publish). The packages of all of them are united.</summary>
    public IReadOnlyList<string> RuntimeIdentifiers { get; init; } = [];

    /// <summary>
    /// <c>@(ResolvedFileToPublish)</c> as the target <c>ComputeResolvedFilesToPublishList</c> leaves it: after conflict resolution, before
    /// trimming, bundling and native compilation. All runtime identifiers together. Null when not known.
    /// </summary>
    public IReadOnlyList<PublishedFile>? PublishedFiles { get; init; }

    /// <summary>Absolute paths of the published <c>*.deps.json</c>, one a runtime identifier; read only where <see cref="PublishedFiles"/> is null.</summary>
    public IReadOnlyList<string> DependencyManifests { get; init; } = [];
}
