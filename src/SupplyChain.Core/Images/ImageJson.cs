using System.Text.Json.Serialization;

namespace SupplyChain.Core.Images;

/// <summary>
/// The image records as they travel between the targets, in a file that people may read. What is missing or null where it must not be is a
/// <see cref="System.Text.Json.JsonException"/>.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ImageLayout))]
internal sealed partial class ImageJson : JsonSerializerContext;

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ImageLayout))]
internal sealed partial class ImageWriting : JsonSerializerContext;
