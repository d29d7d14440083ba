using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SupplyChain.Core.Projects;

/// <summary>What an assembly says about itself in its metadata; the file is never loaded.</summary>
/// <param name="Version">Its file version, else its assembly version.</param>
internal sealed record AssemblyFacts(string Name, string Version, string? Company)
{
    /// <returns>Null: it is no assembly.</returns>
    public static AssemblyFacts? Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            using var file = new PEReader(stream);
            if (!file.HasMetadata || file.GetMetadataReader() is not { IsAssembly: true } metadata)
                return null;
            var definition = metadata.GetAssemblyDefinition();
            var texts = new Dictionary<string, string?>(StringComparer.Ordinal);
            foreach (var handle in definition.GetCustomAttributes())
            {
                var attribute = metadata.GetCustomAttribute(handle);
                if (Type(metadata, attribute) is { } type && type is "AssemblyFileVersionAttribute" or "AssemblyCompanyAttribute")
                    texts[type] = Text(metadata, attribute);
            }

            return new AssemblyFacts(
                metadata.GetString(definition.Name),
                texts.GetValueOrDefault("AssemblyFileVersionAttribute") ?? definition.Version.ToString(),
                texts.GetValueOrDefault("AssemblyCompanyAttribute"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Type(MetadataReader metadata, CustomAttribute attribute) =>
        attribute.Constructor.Kind == HandleKind.MemberReference && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
            ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)parent).Name)
            : null;

    /// <summary>The only argument, which is a text (ECMA-335, II.23.3).</summary>
    private static string? Text(MetadataReader metadata, CustomAttribute attribute)
    {
        var blob = metadata.GetBlobReader(attribute.Value);
        var text = blob.ReadUInt16() == 1 ? blob.ReadSerializedString() : null;
        return string.IsNullOrWhiteSpace(text) || text.Length > 200 || text.Any(char.IsControl) ? null : text.Trim();
    }
}
