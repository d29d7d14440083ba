using System.Text.Json;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>Reads a page of a registry's list of tags (OCI distribution 1.1, "Listing Tags").</summary>
internal static class TagList
{
    public const int MostPages = 100;

    /// <summary>Names that cannot be tags are left out: this is text from outside. Null: not such a list.</summary>
    public static IReadOnlyList<string>? Read(byte[]? body)
    {
        if (body is null)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("tags", out var tags))
                return null;
            // docker-registry answers null where there is none.
            return tags.ValueKind == JsonValueKind.Null ? []
                : tags.ValueKind != JsonValueKind.Array ? null
                : [.. tags.EnumerateArray().Where(tag => tag.ValueKind == JsonValueKind.String).Select(tag => tag.GetString()!).Where(ImageReference.IsTag)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
