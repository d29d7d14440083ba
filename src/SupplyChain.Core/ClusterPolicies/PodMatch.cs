using System.Text.Json.Nodes;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Which requests are looked at: Pods, also when a container for debugging is added to one, in the namespaces that were asked for.</summary>
internal static class PodMatch
{
    private const string NamespaceName = "kubernetes.io/metadata.name";

    public static JsonObject Constraints(PolicyRequest request, bool excluded)
    {
        var constraints = new JsonObject
        {
            ["resourceRules"] = new JsonArray(new JsonObject
            {
                ["apiGroups"] = YamlText.List([""]),
                ["apiVersions"] = YamlText.List(["v1"]),
                ["operations"] = YamlText.List(["CREATE", "UPDATE"]),
                ["resources"] = YamlText.List(["pods", "pods/ephemeralcontainers"]),
            }),
        };
        if (Selector(request, excluded) is { } selector)
            constraints["namespaceSelector"] = selector;
        return constraints;
    }

    /// <param name="excluded">Whether the excluded namespaces matter: for policies about everybody's images.</param>
    public static JsonObject? Selector(PolicyRequest request, bool excluded) =>
        request.Namespaces.Count > 0 ? Expression("In", request.Namespaces)
        : excluded && request.ExcludedNamespaces.Count > 0 ? Expression("NotIn", request.ExcludedNamespaces)
        : null;

    private static JsonObject Expression(string verb, IReadOnlyList<string> names) => new()
    {
        ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = NamespaceName, ["operator"] = verb, ["values"] = YamlText.List(names) }),
    };
}
