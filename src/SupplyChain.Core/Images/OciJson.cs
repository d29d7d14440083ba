using System.Text.Json;
using System.Text.Json.Serialization;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>Reads and writes the documents of the OCI image specification. What is written has no white space and no null properties.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(Descriptor))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(DockerArchiveManifest[]))]
internal sealed partial class OciJson : JsonSerializerContext
{
    /// <summary>Media types hold a '+', which is safe in JSON and must not become an escape: other clients compare these bytes.</summary>
    internal static OciJson Plain { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = PlainJsonEncoder.Instance,
    });
}
