using System.Text.Json.Serialization;

namespace SupplyChain.Core.Tools;

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BundleContents))]
internal sealed partial class BundleJson : JsonSerializerContext;
