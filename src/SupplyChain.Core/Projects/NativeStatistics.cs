using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SupplyChain.Core.Projects;

/// <summary>
/// The native compiler's statistics (<c>.mstat</c>, made by <c>IlcGenerateMstatFile</c>): an assembly whose metadata refers to everything that
/// has code or data in the executable.
/// </summary>
internal static class NativeStatistics
{
    /// <returns>Simple names of the assemblies in the executable; null when the file is missing or not one.</returns>
    public static IReadOnlySet<string>? Read(string? path)
    {
        if (path is null)
            return null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            using var file = new PEReader(stream);
            var metadata = file.GetMetadataReader();
            var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var handle in metadata.AssemblyReferences)
                names.Add(metadata.GetString(metadata.GetAssemblyReference(handle).Name));
            return names;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
