using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Gating;

/// <summary>A <see cref="GateVerdict"/> as the file between the gate and the push.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(GateVerdict))]
internal sealed partial class GateJson : JsonSerializerContext
{
    internal static GateJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = PlainJsonEncoder.Instance,
        Converters = { new JsonStringEnumConverter<DiagnosticSeverity>() },
        IgnoreReadOnlyProperties = true,
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
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(GateVerdict))]
internal sealed partial class GateWriting : JsonSerializerContext;
