using System.Text.Json.Nodes;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Only our registries: a ValidatingAdmissionPolicy, which Kubernetes itself evaluates.</summary>
internal static class RegistriesPolicy
{
    public static PolicyDocument Write(PolicyRequest request) => new(
        "registries.yaml",
        [
            "Kubernetes 1.30 or later; no engine has to be installed.",
            "Images of Pods come from these places and from nowhere else. A name without a registry means Docker Hub and is refused.",
        ],
        [Policy(request), Binding(request)]);

    private static JsonObject Policy(PolicyRequest request)
    {
        var beginnings = request.Allowed.SelectMany(pattern => pattern.Beginnings).ToList();
        return new JsonObject
        {
            ["apiVersion"] = "admissionregistration.k8s.io/v1",
            ["kind"] = "ValidatingAdmissionPolicy",
            ["metadata"] = PolicyDocument.Metadata($"registries-{request.Name}", request),
            ["spec"] = new JsonObject
            {
                ["failurePolicy"] = "Fail",
                ["matchConstraints"] = PodMatch.Constraints(request with { Namespaces = [] }, excluded: false),
                // Taking a finalizer away is an update too: a Pod that is on its way out must be able to go.
                ["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "not-being-deleted", ["expression"] = "!has(object.metadata.deletionTimestamp)" }),
                ["variables"] = new JsonArray(new JsonObject
                {
                    ["name"] = "images",
                    ["expression"] = string.Join(" + ", new[] { "containers", "initContainers", "ephemeralContainers" }.Select(kind => $"(has(object.spec.{kind}) ? object.spec.{kind}.map(container, container.image) : [])")),
                }),
                ["validations"] = new JsonArray(new JsonObject
                {
                    ["expression"] = $"variables.images.all(image, {string.Join(" || ", beginnings.Select(beginning => $"image.startsWith('{beginning}')"))})",
                    ["message"] = $"images of Pods come from {string.Join(", ", request.Allowed)}",
                    ["reason"] = "Forbidden",
                }),
            },
        };
    }

    private static JsonObject Binding(PolicyRequest request)
    {
        var spec = new JsonObject
        {
            ["policyName"] = $"registries-{request.Name}",
            ["validationActions"] = YamlText.List(request.IsEnforced ? ["Deny"] : ["Audit", "Warn"]),
        };
        if (PodMatch.Selector(request, excluded: true) is { } selector)
            spec["matchResources"] = new JsonObject { ["namespaceSelector"] = selector };
        return new JsonObject
        {
            ["apiVersion"] = "admissionregistration.k8s.io/v1",
            ["kind"] = "ValidatingAdmissionPolicyBinding",
            ["metadata"] = PolicyDocument.Metadata($"registries-{request.Name}", request),
            ["spec"] = spec,
        };
    }
}
