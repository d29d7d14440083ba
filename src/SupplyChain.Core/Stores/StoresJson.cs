using System.Text.Json.Serialization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>Reads and writes the records of this area as they travel between MSBuild targets.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(PushedImage))]
[JsonSerializable(typeof(IReadOnlyList<Descriptor>))]
[JsonSerializable(typeof(IReadOnlyList<StoredEvidence>))]
internal sealed partial class StoresJson : JsonSerializerContext;
