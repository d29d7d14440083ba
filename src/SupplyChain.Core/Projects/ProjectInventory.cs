using System.Text.Json.Serialization;

namespace SupplyChain.Core.Projects;

/// <summary>
/// What the project ships, read from the build itself (obj/project.assets.json and the publish output), not from the image.
/// </summary>
/// <param name="Name">The application: the assembly's name.</param>
/// <param name="Version">The application's own version.</param>
/// <param name="ProjectFile">Absolute path of the project file.</param>
/// <param name="TargetFramework">For example <c>net10.0</c>.</param>
/// <param name="Packages">NuGet packages, ordered by id. Each id stands once per version.</param>
public sealed record ProjectInventory(string Name, string Version, string ProjectFile, string TargetFramework, IReadOnlyList<NuGetPackage> Packages)
{
    /// <summary>Referenced projects, by name and version; they are part of the application and have no package.</summary>
    public IReadOnlyList<ReferencedProject> Projects { get; init; } = [];

    /// <summary>Ids of the packages and projects that the application itself brings in; one that does not ship is replaced by what it brings.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>Runtime identifiers it was published for; empty: portable.</summary>
    public IReadOnlyList<string> RuntimeIdentifiers { get; init; } = [];

    /// <summary>Packages of the restore that take part in the build and leave nothing in the publish output; each has a <see cref="NuGetPackage.NotShipped"/>.</summary>
    public IReadOnlyList<NuGetPackage> NotShipped { get; init; } = [];

    /// <summary>Shared frameworks that the base image has to supply; empty for self-contained and native applications.</summary>
    public IReadOnlyList<SharedFramework> Frameworks { get; init; } = [];

    /// <summary>The .NET SDK that built it; null when not known.</summary>
    public string? SdkVersion { get; init; }

    /// <summary>What the project says about itself.</summary>
    public ApplicationFacts Application { get; init; } = new();

    /// <summary>Programs among the published files that no package and no project accounts for, ordered by path.</summary>
    public IReadOnlyList<LooseFile> LooseFiles { get; init; } = [];

    /// <summary>What could not be learned, or is not as it should be. Where something is missing, the bill of materials is incomplete and must say so.</summary>
    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    /// <summary>The same of <see cref="NotShipped"/>: it makes the list of what does not ship incomplete, not that of what ships.</summary>
    public IReadOnlyList<Gap> NotShippedGaps { get; init; } = [];
}

/// <param name="Id">As the package itself spells it.</param>
/// <param name="Version">Normalised (NuGet.Versioning rules).</param>
/// <param name="IsDirect">The project itself references it.</param>
/// <param name="Dependencies">Ids of the packages and projects it brings in.</param>
public sealed record NuGetPackage(string Id, string Version, bool IsDirect, IReadOnlyList<string> Dependencies)
{
    /// <summary>
    /// SHA-512 of the .nupkg file as its feed serves it, lower-case hexadecimal (from <c>*.nupkg.sha512</c>, which holds it as base64).
    /// The hash in the assets file is another one: it leaves the package's signature out.
    /// </summary>
    public string? Sha512 { get; init; }

    /// <summary>SPDX expression from the .nuspec, or null.</summary>
    public string? LicenseExpression { get; init; }

    /// <summary>Licence URL from the .nuspec when there is no expression, or null.</summary>
    public string? LicenseUrl { get; init; }

    /// <summary>Licence file inside the package when there is no expression, or null.</summary>
    public string? LicenseFile { get; init; }

    public string? Authors { get; init; }

    public string? Description { get; init; }

    public string? ProjectUrl { get; init; }

    /// <summary>Source repository from the .nuspec, http or https.</summary>
    public string? RepositoryUrl { get; init; }

    /// <summary>The commit it was built from, from the .nuspec.</summary>
    public string? RepositoryCommit { get; init; }

    /// <summary>The feed it was restored from, http or https, without credentials and query; null for a folder.</summary>
    public string? Source { get; init; }

    /// <summary>Files it put into the publish output, relative to it, with '/', ordered. Empty when the published files are not known.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Why it does not ship; null: it ships.</summary>
    public NotShippedReason? NotShipped { get; init; }

    /// <summary>Of several runtime identifiers, those in whose output it is; empty: all.</summary>
    public IReadOnlyList<string> RuntimeIdentifiers { get; init; } = [];

    /// <summary>Where its version is written: the line to change. For a transitive package, the line of the direct reference that brings it in. Null when unknown.</summary>
    public SourceLine? ReferencedAt { get; init; }

    /// <summary>Shortest way from the project to this package: ids, the direct reference first, this package last.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>Package URL (purl specification, type nuget): <c>pkg:nuget/Newtonsoft.Json@13.0.3</c>.</summary>
    public string Purl => $"pkg:nuget/{Uri.EscapeDataString(Id)}@{Uri.EscapeDataString(Version)}";
}

/// <summary>Why a package that was restored is not in the publish output.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NotShippedReason>))]
public enum NotShippedReason
{
    /// <summary>Only private references (<c>PrivateAssets="all"</c>) lead to it.</summary>
    DevelopmentOnly,

    /// <summary>It has nothing to publish: an analyzer, MSBuild files, or nothing but dependencies.</summary>
    NothingToPublish,

    /// <summary>The runtime has its assemblies, in the same or a higher version.</summary>
    SuppliedByRuntime,

    /// <summary>No code of it is reached, so the trimmer or the native compiler left it out.</summary>
    TrimmedAway,

    /// <summary>A compiler or host that the SDK downloads.</summary>
    BuildTool,
}

/// <summary>Addresses are http or https, without credentials.</summary>
public sealed record ApplicationFacts
{
    /// <summary><c>$(Company)</c>, which is <c>$(Authors)</c> unless it is set.</summary>
    public string? Publisher { get; init; }

    public string? Website { get; init; }

    public string? RepositoryUrl { get; init; }

    /// <summary>The commit it was built from.</summary>
    public string? Commit { get; init; }

    public string? LicenseExpression { get; init; }

    /// <summary>The file name of its main assembly, single-file bundle or native executable; null when not known.</summary>
    public string? File { get; init; }

    /// <summary>SHA-512 of that file, lower-case hexadecimal.</summary>
    public string? Sha512 { get; init; }

    /// <summary>Where the publish output lies in the image: absolute, without a '/' at its end.</summary>
    public string Directory { get; init; } = "/app";
}

/// <param name="Name">For example <c>Microsoft.AspNetCore.App</c>.</param>
/// <param name="Version">The lowest version that serves.</param>
public sealed record SharedFramework(string Name, string Version);

/// <summary>A project that is part of the application. <paramref name="Dependencies"/> are ids of packages and projects.</summary>
public sealed record ReferencedProject(string Name, string Version, IReadOnlyList<string> Dependencies)
{
    /// <summary>Its assembly in the publish output, relative to it; the bundle or native executable that holds it; null when not known.</summary>
    public string? File { get; init; }

    /// <summary>SHA-512 of the assembly, lower-case hexadecimal; null when not known.</summary>
    public string? Sha512 { get; init; }
}

/// <summary>A program that was published and belongs to no package: an assembly that is referenced by its path, or a native library.</summary>
/// <param name="Name">Of the assembly; the file name where it is none.</param>
/// <param name="Version">Of the assembly; null where it is none.</param>
/// <param name="Sha512">Lower-case hexadecimal; null when the file could not be read.</param>
public sealed record LooseFile(string Name, string? Version, string? Sha512)
{
    /// <summary>The assembly's own company.</summary>
    public string? Company { get; init; }

    /// <summary>Relative to the publish output, with '/': itself first, then its satellite assemblies.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The single-file bundle or native executable that holds it; null: it is a file of its own.</summary>
    public string? Inside { get; init; }
}

/// <summary>A place in a file. <paramref name="Line"/> is 1-based.</summary>
public sealed record SourceLine(string File, int Line);
