using System.Security.Cryptography;

namespace SupplyChain.Core.Projects;

/// <summary>
/// Published programs that no package and no project of the restore accounts for: assemblies that are referenced by their path (<c>HintPath</c>), native
/// libraries that lie in the project. And the files of the referenced projects.
/// </summary>
internal sealed class LooseFiles
{
    private static readonly string[] Extensions = [".dll", ".exe", ".so", ".dylib"];

    private readonly ProjectInventoryRequest _request;
    private readonly ILookup<string, PublishedFile> _byName;

    /// <param name="published">Null: not known.</param>
    public LooseFiles(ProjectInventoryRequest request, PublishedPackages? published)
    {
        _request = request;
        _byName = (published?.WithoutPackage ?? []).Where(file => IsProgram(PathOf(file))).ToLookup(file => NameOf(PathOf(file)), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>With file and hash, where its assembly was published as a file of its own.</summary>
    public ReferencedProject Dress(ReferencedProject project, string? assembly)
    {
        if (assembly is null || _byName[Path.GetFileNameWithoutExtension(assembly)].FirstOrDefault(file => string.Equals(Path.GetFileName(PathOf(file)), assembly, StringComparison.OrdinalIgnoreCase)) is not { } file)
            return project;
        return project with { File = file.Inside ?? PathOf(file), Sha512 = Hash(file) };
    }

    /// <param name="projects">File names of the assemblies of referenced projects.</param>
    /// <returns>Ordered by path.</returns>
    public IReadOnlyList<LooseFile> Others(IEnumerable<string> projects)
    {
        var known = projects.Select(file => Path.GetFileNameWithoutExtension(file)).Append(_request.AssemblyName).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. _byName.Where(files => !known.Contains(files.Key)).SelectMany(files => files.Where(file => !IsSatellite(PathOf(file))).Select(file => Describe(file, files)))
                .DistinctBy(file => file.Files[0], StringComparer.Ordinal)
                .OrderBy(file => file.Files[0], StringComparer.Ordinal),
        ];
    }

    private LooseFile Describe(PublishedFile file, IEnumerable<PublishedFile> sameName)
    {
        var facts = AssemblyFacts.Read(file.SourcePath);
        var path = PathOf(file);
        return new LooseFile(facts?.Name ?? Path.GetFileName(path), facts?.Version, Hash(file))
        {
            Company = facts?.Company,
            Files = [path, .. sameName.Select(PathOf).Where(IsSatellite).Order(StringComparer.Ordinal)],
            Inside = file.Inside,
        };
    }

    /// <summary>Of the file as it was published: the build may have compiled or trimmed it on the way.</summary>
    private string? Hash(PublishedFile file)
    {
        // What the native compiler made of it is in the executable, which has a hash of its own.
        if (file.IsCompiledToNative)
            return null;
        var published = _request.PublishDirectory is { } folder && file.Inside is null ? Path.Combine(folder, file.RelativePath) : file.SourcePath;
        try
        {
            using var stream = File.OpenRead(File.Exists(published) ? published : file.SourcePath);
            return Convert.ToHexStringLower(SHA512.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What goes into a native executable has no place of its own.</summary>
    private static string PathOf(PublishedFile file) => (file.RelativePath.Length > 0 ? file.RelativePath : Path.GetFileName(file.SourcePath)).Replace('\\', '/');

    private static bool IsProgram(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) || Path.GetFileName(path).Contains(".so.", StringComparison.Ordinal);

    private static bool IsSatellite(string path) => path.EndsWith(".resources.dll", StringComparison.OrdinalIgnoreCase);

    private static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        return IsSatellite(name) ? name[..^".resources.dll".Length] : Path.GetFileNameWithoutExtension(name);
    }
}
