using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Provenance;

/// <summary>What is known about a build, for its provenance. Nothing here may name a user, a secret or a path of this machine but <see cref="SourceRevision.Root"/>.</summary>
/// <param name="ProjectFile">Absolute path; only its place in the work tree, or its name, gets into the document.</param>
/// <param name="Parameters">The project's settings that say what is built, by the names that users give them.</param>
internal sealed record ProvenanceInput(string ProjectFile, IReadOnlyDictionary<string, string> Parameters, CiBuild Build)
{
    public SourceRevision? Source { get; init; }

    public IReadOnlyList<BaseImage> BaseImages { get; init; } = [];

    public IReadOnlyList<NuGetPackage> Packages { get; init; } = [];

    /// <summary>Name and version of the programs that made the image and judged it.</summary>
    public IReadOnlyList<BuildTool> Tools { get; init; } = [];

    /// <summary>The version of this package.</summary>
    public required string Version { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }
}

/// <param name="Purl">Package URL without version: <c>pkg:github/aquasecurity/trivy</c>.</param>
internal sealed record BuildTool(string Name, string Purl, string Version)
{
    /// <summary>SHA-256 of the program, hexadecimal; null when nobody knows it.</summary>
    public string? Sha256 { get; init; }
}
