using System.Text.Json.Nodes;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Ratify with its own resources, and the Gatekeeper constraint that asks it. It reads signatures in cosign's older layout and no bundles.</summary>
internal static class RatifyPolicy
{
    private const string SignatureType = "application/vnd.dev.cosign.artifact.sig.v1+json";

    private const string Rego =
        """
        package ratifysignedimages

        import future.keywords.contains
        import future.keywords.if
        import future.keywords.in

        images contains container.image if {
          some kind in ["containers", "initContainers", "ephemeralContainers"]
          some container in input.review.object.spec[kind]
          some beginning in input.parameters.beginnings
          startswith(container.image, beginning)
        }

        answer := external_data({"provider": "ratify-provider", "keys": [image | some image in images]}) if {
          count(images) > 0
        }

        answered contains response[0] if {
          some response in answer.responses
        }

        answered contains error[0] if {
          some error in answer.errors
        }

        violation contains {"msg": msg} if {
          some image in images
          not image in answered
          msg := sprintf("Ratify gave no answer about the image <%v>", [image])
        }

        violation contains {"msg": msg} if {
          answer.system_error != ""
          msg := sprintf("Ratify could not be asked: %v", [answer.system_error])
        }

        violation contains {"msg": msg} if {
          count(answer.errors) > 0
          msg := sprintf("Ratify could not verify: %v", [answer.errors])
        }

        violation contains {"msg": msg} if {
          some response in answer.responses
          not response[1].isSuccess
          msg := sprintf("Ratify refuses the image <%v>: it is not signed by the expected signer", [response[0]])
        }

        """;

    /// <returns>Why this engine cannot verify what was signed; null: it can.</returns>
    public static string? Refusal(SignedImage signed) => signed switch
    {
        { Legacy: false } => "Ratify reads signatures in cosign's older layout, and these are bundles. Choose Kyverno, KyvernoImageValidating or PolicyController, or publish with SupplyChainSignatureFormat=Both",
        { Signer: { Root: not null, Logged: true } or { Root: not null, IsKey: false } } => "Ratify trusts the public Sigstore alone. Choose Kyverno or PolicyController",
        { Signer: { IsKey: false, Logged: false } } => KyvernoPolicy.NoLog,
        _ => null,
    };

    public static PolicyDocument Write(PolicyRequest request)
    {
        var signer = request.Signed!.Signer;
        return new PolicyDocument(
            "ratify.yaml",
            [
                "Ratify 1.4 with Gatekeeper 3.11 or later and external data on; the Provider ratify-provider is a part of Ratify's own chart.",
                "Verifies the image signature (cosign's older layout). Ratify looks into no attestation.",
            ],
            [
                Resource("Store", "store-oras", new JsonObject { ["name"] = "oras", ["parameters"] = new JsonObject { ["cacheEnabled"] = true, ["cosignEnabled"] = true, ["ttl"] = 10 } }),
                .. signer.IsKey
                    ? [Resource("KeyManagementProvider", $"key-{request.Name}", new JsonObject { ["type"] = "inline", ["parameters"] = new JsonObject { ["contentType"] = "key", ["value"] = signer.PublicKey } })]
                    : Array.Empty<JsonObject>(),
                Resource("Verifier", "verifier-cosign", new JsonObject { ["name"] = "cosign", ["artifactTypes"] = SignatureType, ["parameters"] = new JsonObject { ["trustPolicies"] = new JsonArray(TrustPolicy(request, signer)) } }),
                Resource("Policy", "ratify-policy", new JsonObject
                {
                    ["type"] = "config-policy",
                    ["parameters"] = new JsonObject { ["artifactVerificationPolicies"] = new JsonObject { [SignatureType] = "any", ["default"] = "all" } },
                }),
                Template(),
                Constraint(request),
            ]);
    }

    private static JsonObject Resource(string kind, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = "config.ratify.deislabs.io/v1beta1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = spec,
    };

    private static JsonObject TrustPolicy(PolicyRequest request, PolicySigner signer)
    {
        var policy = new JsonObject
        {
            ["name"] = request.Name,
            ["version"] = "1.0.0",
            ["scopes"] = YamlText.List(request.Images.SelectMany(pattern => pattern.Beginnings).Select(beginning => $"{beginning}*")),
        };
        if (signer.IsKey)
            policy["keys"] = new JsonArray(new JsonObject { ["provider"] = $"key-{request.Name}" });
        else
        {
            var keyless = new JsonObject { ["ctLogVerify"] = true };
            keyless[signer.Subject is null ? "certificateIdentityRegExp" : "certificateIdentity"] = signer.Subject ?? signer.SubjectRegexp;
            keyless[signer.Issuer is null ? "certificateOIDCIssuerRegExp" : "certificateOIDCIssuer"] = signer.Issuer ?? signer.IssuerRegexp;
            policy["keyless"] = keyless;
        }
        policy["tLogVerify"] = signer.Logged;
        if (signer.Logged)
            policy["rekorURL"] = signer.RekorUrl;
        return policy;
    }

    private static JsonObject Template() => new()
    {
        ["apiVersion"] = "templates.gatekeeper.sh/v1",
        ["kind"] = "ConstraintTemplate",
        ["metadata"] = new JsonObject { ["name"] = "ratifysignedimages" },
        ["spec"] = new JsonObject
        {
            ["crd"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["names"] = new JsonObject { ["kind"] = "RatifySignedImages" },
                    ["validation"] = new JsonObject
                    {
                        ["openAPIV3Schema"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject
                            {
                                ["beginnings"] = new JsonObject
                                {
                                    ["description"] = "What the names of the images that must be signed begin with.",
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
        ["kind"] = "RatifySignedImages",
        ["metadata"] = PolicyDocument.Metadata($"signed-{request.Name}", request),
        ["spec"] = new JsonObject
        {
            ["enforcementAction"] = GatekeeperPolicy.EnforcementAction(request),
            ["match"] = GatekeeperPolicy.Match(request),
            // A name without tag and digest means 'latest', and Gatekeeper hands it over as it is.
            ["parameters"] = new JsonObject { ["beginnings"] = YamlText.List(request.Images.Select(pattern => pattern.IsPrefix ? $"{pattern.Name}/" : pattern.Name)) },
        },
    };
}
