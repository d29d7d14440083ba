using System.Text.Json.Serialization;

namespace SupplyChain.Core.Projects;

/// <summary>The inventory as the file that travels from one MSBuild target to the next.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProjectInventory))]
internal sealed partial class ProjectsJson : JsonSerializerContext;

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProjectInventory))]
internal sealed partial class ProjectsWriting : JsonSerializerContext;
