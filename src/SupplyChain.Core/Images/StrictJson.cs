using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>
/// Parses a document that other programs will read too, and refuses what they could read in another way. Go's JSON reader (registries,
/// scanners, cosign, container runtimes) ignores the case of property names and takes the last of several: <c>"layers"</c> and
/// <c>"Layers"</c> in one manifest would show us one image and them another.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Names that decide what an image is, in all documents of the OCI image specification.</summary>
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "schemaVersion", "mediaType", "artifactType", "manifests", "config", "layers", "blobs", "subject", "digest", "size", "urls", "data",
        "platform", "architecture", "os", "variant", "os.version", "os.features", "annotations", "rootfs", "diff_ids", "history",
        "imageLayoutVersion",
    };

    private static readonly Dictionary<string, string> Folded = Names.ToDictionary(Fold, name => name, StringComparer.Ordinal);

    /// <exception cref="DiagnosticException">SCB1006: no JSON, or not unambiguous.</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> content, string what)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(content, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Malformed(what, "is not a JSON object");
            RefuseAmbiguousNames(document.RootElement, what);
            return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair as an escape (\ud800) in a property name, which is valid JSON but no text.
            document?.Dispose();
            throw Malformed(what, "is not valid JSON, or has a property twice", e);
        }
        catch (Exception)
        {
            document?.Dispose();
            throw;
        }
    }

    private static void RefuseAmbiguousNames(JsonElement element, string what)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                RefuseAmbiguousNames(item, what);
            return;
        }
        if (element.ValueKind != JsonValueKind.Object)
            return;
        foreach (var property in element.EnumerateObject())
        {
            var name = property.Name;
            if (Folded.TryGetValue(Fold(name), out var known) && known != name)
                throw Malformed(what, $"spells '{known}' in another way, which some programs read and some do not");
            if (!IsFreeForm(name, property.Value))
                RefuseAmbiguousNames(property.Value, what);
        }
    }

    /// <summary>Free text of the image's author, and the runtime configuration in Docker's own spelling (Env, Labels, Volumes …), which is no descriptor.</summary>
    private static bool IsFreeForm(string name, JsonElement value) =>
        name == "annotations" || (name == "config" && value.ValueKind == JsonValueKind.Object && !value.TryGetProperty("digest", out _));

    /// <summary>As Go's encoding/json folds names: case, and the two letters outside ASCII that fold into it (ſ and the Kelvin sign).</summary>
    private static string Fold(string name) => name.Replace('\u017F', 's').Replace('\u212A', 'k').ToLowerInvariant();

    private static DiagnosticException Malformed(string what, string how, Exception? cause = null) =>
        new(DiagnosticCodes.ImageMalformed, $"{what} {how}", cause);
}
