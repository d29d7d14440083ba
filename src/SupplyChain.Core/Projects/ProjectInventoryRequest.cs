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
    /// What the publish really wrote: <c>@(ResolvedFileToPublish)</c> after trimming, <c>@(FilesToBundle)</c> of a single-file application,
    /// <c>@(IlcReference)</c> of a native one. Null when not known.
    /// </summary>
    public IReadOnlyList<PublishedFile>? PublishedFiles { get; init; }

    /// <summary>Absolute paths of the published <c>*.deps.json</c>, one a runtime identifier; read only where <see cref="PublishedFiles"/> is null.</summary>
    public IReadOnlyList<string> DependencyManifests { get; init; } = [];

    /// <summary>Absolute path of the native compiler's statistics (<c>.mstat</c>): which assemblies have code in the executable. Null: not native, or not known.</summary>
    public string? NativeStatistics { get; init; }

    /// <summary>Ids of the packages whose assemblies were given to the trimmer.</summary>
    public IReadOnlyList<string> TrimmedPackages { get; init; } = [];

    /// <summary>Absolute path of the application's <c>.runtimeconfig.json</c>; null when it has none.</summary>
    public string? RuntimeConfiguration { get; init; }

    /// <summary>What the project says about itself; file and hash are read from <see cref="MainFiles"/>.</summary>
    public ApplicationFacts Application { get; init; } = new();

    /// <summary>Absolute paths: the first that is there is the application.</summary>
    public IReadOnlyList<string> MainFiles { get; init; } = [];

    /// <summary>Absolute path of the publish output; null: not known.</summary>
    public string? PublishDirectory { get; init; }

    /// <summary>What the project asks for, to be compared with what was restored; null: not known.</summary>
    public AskedReferences? Asked { get; init; }

    /// <summary>The .NET SDK that builds it.</summary>
    public string? SdkVersion { get; init; }
}
