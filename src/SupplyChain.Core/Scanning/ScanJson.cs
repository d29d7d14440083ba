using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// <c>scan.json</c>: a <see cref="ScanReport"/>, indented, camelCase, severities and kinds by name. Members are only ever added.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ScanReport))]
[JsonSerializable(typeof(ImageListing))]
internal sealed partial class ScanJson : JsonSerializerContext
{
    // Relaxed: versions hold '+', which people search for. The file is never pasted into HTML as it stands.
    internal static ScanJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = PlainJsonEncoder.Instance,
        RespectNullableAnnotations = true,
        // A file without one of the record's own members is not one of ours; so null is written out.
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
    });
}

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ScanReport))]
internal sealed partial class ScanWriting : JsonSerializerContext;
