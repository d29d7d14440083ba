using System.Text.Json.Nodes;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// OPA Gatekeeper: images of Pods come from the allowed repositories and are pinned by digest. It verifies no signature; what may be pulled by digest is
/// decided by who may write to the repository.
/// </summary>
internal static class GatekeeperPolicy
{
    /// <summary>In the syntax that OPA before and after 1.0 reads alike.</summary>
    internal const string Rego =
        """
        package pinnedimages

        import future.keywords.contains
        import future.keywords.if
        import future.keywords.in

        violation contains {"msg": msg} if {
          some container in containers
          not is_allowed(container.image)
          msg := sprintf("container <%v> uses the image <%v>, which is in none of the allowed repositories", [container.name, container.image])
        }

        violation contains {"msg": msg} if {
          some container in containers
          not is_pinned(container.image)
          msg := sprintf("container <%v> uses the image <%v>, which is not pinned by digest (@sha256:...)", [container.name, container.image])
        }

        containers contains container if {
          some container in input.review.object.spec.containers
        }

        containers contains container if {
          some container in input.review.object.spec.initContainers
        }

        containers contains container if {
          some container in input.review.object.spec.ephemeralContainers
        }

        is_allowed(image) if {
          some beginning in input.parameters.beginnings
          startswith(image, beginning)
        }

        is_pinned(image) if {
          regex.match("@sha256:[0-9a-f]{64}$", image)
        }

        """;

    public static PolicyDocument Write(PolicyRequest request) => new(
        "gatekeeper.yaml",
        [
            "Gatekeeper 3.11 or later.",
            "Images of Pods come from these repositories and are pinned by digest. Gatekeeper verifies no signature: that is for Kyverno or policy-controller.",
        ],
        [Template(), Constraint(request)]);

    private static JsonObject Template() => new()
    {
        ["apiVersion"] = "templates.gatekeeper.sh/v1",
        ["kind"] = "ConstraintTemplate",
        ["metadata"] = new JsonObject { ["name"] = "pinnedimages" },
        ["spec"] = new JsonObject
        {
            ["crd"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["names"] = new JsonObject { ["kind"] = "PinnedImages" },
                    ["validation"] = new JsonObject
                    {
                        ["openAPIV3Schema"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject
                            {
                                ["beginnings"] = new JsonObject
                                {
                                    ["description"] = "What the name of an image begins with, with the '/', ':' or '@' behind it.",
                                    ["type"] = "array",
                                    ["items"] = new JsonObject { ["type"] = "string" },
                                },
                            },
                        },
                    },
                },
            },
            ["targets"] = new JsonArray(new JsonObject { ["target"] = "admission.k8s.gatekeeper.sh", ["rego"] = Rego }),
        },
    };

    private static JsonObject Constraint(PolicyRequest request) => new()
    {
        ["apiVersion"] = "constraints.gatekeeper.sh/v1beta1",
        ["kind"] = "PinnedImages",
        ["metadata"] = PolicyDocument.Metadata($"pinned-{request.Name}", request),
        ["spec"] = new JsonObject
        {
            ["enforcementAction"] = EnforcementAction(request),
            ["match"] = Match(request),
            ["parameters"] = new JsonObject { ["beginnings"] = YamlText.List(request.Allowed.SelectMany(pattern => pattern.Beginnings)) },
        },
    };

    internal static string EnforcementAction(PolicyRequest request) => request.IsEnforced ? "deny" : "dryrun";

    internal static JsonObject Match(PolicyRequest request)
    {
        var match = new JsonObject { ["kinds"] = new JsonArray(new JsonObject { ["apiGroups"] = YamlText.List([""]), ["kinds"] = YamlText.List(["Pod"]) }) };
        if (request.Namespaces.Count > 0)
            match["namespaces"] = YamlText.List(request.Namespaces);
        else if (request.ExcludedNamespaces.Count > 0)
            match["excludedNamespaces"] = YamlText.List(request.ExcludedNamespaces);
        return match;
    }
}
