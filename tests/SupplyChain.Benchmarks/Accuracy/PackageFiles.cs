using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>The files of every package of a restore, so that a published file can be told by its content: assemblies by name and version, others by their hash.</summary>
internal sealed class PackageFiles
{
    private readonly Dictionary<string, string> _packages = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="assetsFile">obj/project.assets.json.</param>
    public PackageFiles(string assetsFile)
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(assetsFile));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToList();
        foreach (var library in assets.RootElement.GetProperty("libraries").EnumerateObject())
        {
            if (library.Value.GetProperty("type").GetString() != "package")
                continue;
            var folder = folders.Select(root => Path.Combine(root, library.Value.GetProperty("path").GetString()!)).First(Directory.Exists);
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                // What is there for the compiler only never ships.
                var relative = Path.GetRelativePath(folder, file).Replace('\\', '/');
                if (!relative.StartsWith("lib/", StringComparison.Ordinal) && !relative.StartsWith("runtimes/", StringComparison.Ordinal) && !relative.StartsWith("content", StringComparison.Ordinal))
                    continue;
                var content = File.ReadAllBytes(file);
                if (Path.GetExtension(file) is ".dll" or ".so" or ".exe")
                    _packages.TryAdd(IdentityOf(content), library.Name);
                if (Path.GetExtension(file) == ".dll")
                    Types.TryAdd(library.Name, []);
                if (Path.GetExtension(file) == ".dll" && TypesOf(content) is { } types)
                    Types[library.Name].UnionWith(types);
            }
        }
    }

    /// <summary>By <c>id/version</c>: the types of its assemblies as the native compiler writes them into its map.</summary>
    public Dictionary<string, HashSet<string>> Types { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <returns><c>id/version</c>, or null: it comes from no package.</returns>
    public string? Owner(byte[] content) => _packages.GetValueOrDefault(IdentityOf(content));

    private static string IdentityOf(byte[] content)
    {
        try
        {
            using var file = new PEReader(new MemoryStream(content));
            if (file.HasMetadata && file.GetMetadataReader() is { IsAssembly: true } metadata)
            {
                var assembly = metadata.GetAssemblyDefinition();
                return $"{metadata.GetString(assembly.Name)} {assembly.Version} {metadata.GetString(assembly.Culture)}";
            }
        }
        catch (BadImageFormatException)
        {
            // A native library.
        }

        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    private static IEnumerable<string>? TypesOf(byte[] content)
    {
        using var file = new PEReader(new MemoryStream(content));
        if (!file.HasMetadata)
            return null;
        var metadata = file.GetMetadataReader();
        var assembly = Mangled(metadata.GetString(metadata.GetAssemblyDefinition().Name));
        return [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => !type.Namespace.IsNil)
            .Select(type => $"{assembly}_{Mangled(metadata.GetString(type.Namespace))}_{Mangled(metadata.GetString(type.Name))}")];
    }

    private static string Mangled(string name) => new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
}
