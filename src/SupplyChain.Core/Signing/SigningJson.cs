using System.Text.Json.Serialization;

namespace SupplyChain.Core.Signing;

/// <summary>The records of this area as they travel between MSBuild targets.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<SignedEvidence>))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(ExpectedSigner))]
internal sealed partial class SigningJson : JsonSerializerContext;

/// <summary>The same, for writing alone: straight code, where reading needs to know each property of each type.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<SignedEvidence>))]
[JsonSerializable(typeof(Verification))]
internal sealed partial class SigningWriting : JsonSerializerContext;
