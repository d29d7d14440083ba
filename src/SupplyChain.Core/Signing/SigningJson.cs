using System.Text.Json.Serialization;

namespace SupplyChain.Core.Signing;

/// <summary>The records of this area as they travel between MSBuild targets.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<SignedEvidence>))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(ExpectedSigner))]
internal sealed partial class SigningJson : JsonSerializerContext;
