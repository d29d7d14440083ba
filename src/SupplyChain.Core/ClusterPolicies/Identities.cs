using System.Text.Json.Nodes;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Issuer and subject as policy-controller and Kyverno's ImageValidatingPolicy take them: exactly, or by a regular expression of Go.</summary>
internal static class Identities
{
    public static JsonObject Of(PolicySigner signer)
    {
        var identity = new JsonObject();
        identity[signer.Issuer is null ? "issuerRegExp" : "issuer"] = signer.Issuer ?? signer.IssuerRegexp;
        identity[signer.Subject is null ? "subjectRegExp" : "subject"] = signer.Subject ?? signer.SubjectRegexp;
        return identity;
    }
}
