using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary>A <see cref="GateVerdict"/> as the file between the gate and the push.</summary>
[JsonSerializable(typeof(GateVerdict))]
internal sealed partial class GateJson : JsonSerializerContext
{
    internal static GateJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<DiagnosticSeverity>() },
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
    });
}
