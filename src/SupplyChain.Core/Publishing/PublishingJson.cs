using System.Text.Json.Serialization;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Publishing;

/// <summary>The state files, the receipt and the evidence index.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PublishPlan))]
[JsonSerializable(typeof(IReadOnlyList<AttestedDocument>))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(ScanTimes))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class PublishingJson : JsonSerializerContext;

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(PublishPlan))]
[JsonSerializable(typeof(IReadOnlyList<AttestedDocument>))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(ScanTimes))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class PublishingWriting : JsonSerializerContext;
