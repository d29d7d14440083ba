using System.Text.Json.Serialization;

namespace SupplyChain.Core.Stores;

/// <summary>Reads and writes the records of this area as they travel between MSBuild targets.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(PushedImage))]
internal sealed partial class StoresJson : JsonSerializerContext;

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PushedImage))]
internal sealed partial class StoresWriting : JsonSerializerContext;
