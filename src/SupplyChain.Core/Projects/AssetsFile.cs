using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Projects;

/// <summary>
/// The part of <c>obj/project.assets.json</c> (NuGet's lock file of a restore, versions 2 to 4) that belongs to one target framework.
/// </summary>
/// <param name="PackageFolders">Absolute paths, in the order in which NuGet looks for packages.</param>
/// <param name="Targets">One a runtime identifier; the same one only once.</param>
/// <param name="Locations">By <c>id/version</c>, in any case.</param>
/// <param name="Direct">What the project file itself asks for, by id in any case.</param>
/// <param name="Pinned">Ids of transitive packages whose version central package management gives (transitive pinning).</param>
internal sealed record AssetsFile(
    IReadOnlyList<string> PackageFolders,
    IReadOnlyList<AssetsTarget> Targets,
    IReadOnlyDictionary<string, LibraryLocation> Locations,
    IReadOnlyDictionary<string, DirectDependency> Direct,
    IReadOnlySet<string> Pinned)
{
    /// <summary>Packages that the SDK downloads beside the graph: runtime packs, hosts, compilers.</summary>
    public IReadOnlyList<DownloadedPackage> Downloads { get; init; } = [];

    /// <summary>Absolute paths of the projects that the project itself references; null: this restore does not say.</summary>
    public IReadOnlyList<string>? ProjectReferences { get; init; }

    /// <summary>Ids of packages that the target framework itself supplies (package pruning of NuGet).</summary>
    public IReadOnlySet<string> SuppliedByFramework { get; init; } = new HashSet<string>();

    /// <summary>The largest seen in the wild is a tenth of it.</summary>
    internal const long MaximumLength = 128 * 1024 * 1024;

    /// <exception cref="DiagnosticException">SCB1501: missing, too large, malformed, or without the target framework.</exception>
    public static async Task<AssetsFile> ReadAsync(ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        var bytes = await ReadBytesAsync(request.AssetsFile, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(JsonBytes.WithoutByteOrderMark(bytes));
            return AssetsFileParser.Parse(document.RootElement, request);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a value is of another kind than NuGet writes, or is text that is not Unicode.
            throw Unusable(request.AssetsFile, "is damaged", e);
        }
    }

    internal static DiagnosticException Unusable(string path, string what, Exception? cause = null) =>
        new(DiagnosticCodes.AssetsFileUnreadable, $"{path} {what}. Run dotnet restore, then publish again.", cause);

    private static async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: false);
            if (file.Length > MaximumLength)
                throw Unusable(path, $"has {file.Length / 1024 / 1024} MB; more than {MaximumLength / 1024 / 1024} MB are not read");
            var bytes = GC.AllocateUninitializedArray<byte>((int)file.Length);
            await file.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unusable(path, "is missing: the project has not been restored", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"cannot be read ({e.Message})", e);
        }
    }
}

/// <param name="Name"><c>net10.0</c> or <c>net10.0/linux-x64</c>.</param>
/// <param name="Libraries">By id, in any case.</param>
internal sealed record AssetsTarget(string Name, IReadOnlyDictionary<string, AssetsLibrary> Libraries);

/// <param name="Dependencies">Ids.</param>
/// <param name="Assets">What it has for this target; placeholders (<c>_._</c>) do not count.</param>
internal sealed record AssetsLibrary(string Id, string Version, bool IsProject, IReadOnlyList<string> Dependencies, LibraryAssets Assets)
{
    /// <summary>File name of a project's own assembly; null for packages, and for projects without one.</summary>
    public string? Assembly { get; init; }

    public string Key => $"{Id}/{Version}";
}

[Flags]
internal enum LibraryAssets
{
    None = 0,

    /// <summary>Assemblies, native libraries, satellite assemblies: the app's .deps.json lists them.</summary>
    Runtime = 1,

    /// <summary>Content files that are copied beside the application.</summary>
    Content = 2,

    /// <summary>Source code and resources that are compiled into the application's own assembly.</summary>
    Compiled = 4,
}

/// <param name="Path">Of a package: relative to a package folder. Of a project: the project file, relative to the project.</param>
/// <param name="ContentHash">Base64 SHA-512 of the package without its signature.</param>
internal sealed record LibraryLocation(string Path, string? ContentHash);

internal sealed record DownloadedPackage(string Id, string Version);

/// <param name="Version">The lowest version that satisfies the reference, as it stands in the project file; null for a project.</param>
/// <param name="IsPrivate"><c>PrivateAssets="all"</c>: the SDK does not publish it, nor what only it brings in.</param>
internal sealed record DirectDependency(string Id, string? Version, bool IsPrivate)
{
    /// <summary>As NuGet normalised it, <c>[12.0.3, )</c>; null for a project.</summary>
    public string? Range { get; init; }

    /// <summary>The SDK added it, not the project.</summary>
    public bool IsImplicit { get; init; }
}
