using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>Whether two statements say the same about an image. Provenance, scan results and VEX documents name times and runs, which differ each time and change nothing.</summary>
internal static class StatementMeaning
{
    /// <param name="left">A statement that is valid; ours.</param>
    /// <param name="right">Any bytes.</param>
    public static bool IsSame(string predicateType, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.SequenceEqual(right))
            return true;
        if (predicateType is not (PredicateTypes.Provenance or PredicateTypes.Vulnerabilities or PredicateTypes.OpenVex))
            return false;
        try
        {
            return JsonNode.DeepEquals(WithoutTimes(left), WithoutTimes(right));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static JsonNode? WithoutTimes(ReadOnlySpan<byte> statement)
    {
        var root = JsonNode.Parse(statement, documentOptions: new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false });
        if (root?["predicate"] is JsonObject predicate)
        {
            predicate.Remove("metadata");
            predicate.Remove("@id");
            predicate.Remove("timestamp");
            predicate.Remove("invocation");
            (predicate["runDetails"] as JsonObject)?.Remove("metadata");
        }
        return root;
    }
}
