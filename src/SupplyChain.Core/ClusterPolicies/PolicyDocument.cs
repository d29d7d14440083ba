using System.Text.Json.Nodes;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>The policy of one format: what its file says to people, and the objects in it.</summary>
/// <param name="FileName">In <c>policies/</c>.</param>
/// <param name="Header">For which versions of the engine it holds, and what it does not do.</param>
internal sealed record PolicyDocument(string FileName, IReadOnlyList<string> Header, IReadOnlyList<JsonObject> Objects)
{
    public static JsonObject Metadata(string name, PolicyRequest request) => new()
    {
        ["name"] = name,
        ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "SupplyChain.Build" },
        ["annotations"] = new JsonObject { ["supplychain-build/image"] = request.Repository.Name },
    };

    /// <summary>Names for attestations, short and the same in all formats.</summary>
    public static string AttestationName(string predicateType) => predicateType switch
    {
        PredicateTypes.CosignSignature => "signature",
        PredicateTypes.CycloneDx => "sbom",
        PredicateTypes.Spdx => "spdx",
        PredicateTypes.Vulnerabilities => "scan",
        PredicateTypes.Provenance => "provenance",
        _ => throw new ArgumentOutOfRangeException(nameof(predicateType), predicateType, "Not an attestation that a policy asks for."),
    };

    /// <summary>The signature first, where it is a statement of its own; then what is attested.</summary>
    public static IReadOnlyList<string> Statements(SignedImage signed) => [.. signed.Bundles ? [PredicateTypes.CosignSignature] : Array.Empty<string>(), .. signed.Attestations];
}
