using System.Text.Json.Nodes;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// A ClusterPolicy of Kyverno with <c>verifyImages</c>. With bundles every valid one would do as the signature, a signed SBOM too, unless a predicate type
/// is asked for: so the signature is an attestation of its own type. Conditions look into the predicate.
/// </summary>
internal static class KyvernoPolicy
{
    public static PolicyDocument Write(PolicyRequest request)
    {
        var signed = request.Signed!;
        // Where both are there the older layout serves more versions of Kyverno.
        var legacy = signed.Legacy;
        return new PolicyDocument("kyverno.yaml", Header(request, signed, legacy), [Policy(request, signed, legacy)]);
    }

    /// <returns>Why this engine cannot verify what was signed; null: it can.</returns>
    public static string? Refusal(SignedImage signed) => signed switch
    {
        { Legacy: false, Signer: { Root: not null, Logged: true } or { Root: not null, IsKey: false } } =>
            "a ClusterPolicy of Kyverno checks bundles with the public Sigstore's trusted root and takes no other. Choose KyvernoImageValidating or PolicyController, or publish with SupplyChainSignatureFormat=Both",
        { Signer: { IsKey: false, Logged: false } } => NoLog,
        _ => null,
    };

    internal const string NoLog = "it was signed without a key and without a transparency log, and the engine asks a log when the certificate was valid. Publish with SupplyChainTransparencyLog=true, or choose Gatekeeper";

    private static List<string> Header(PolicyRequest request, SignedImage signed, bool legacy) =>
    [
        legacy ? "Kyverno 1.13 or later (signatures in cosign's older layout, type: Cosign)."
            : signed.Signer.IsKey ? "Kyverno 1.19 or later: earlier versions check no bundle with a key (type: SigstoreBundle)."
            : "Kyverno 1.13 or later (bundles signed without a key, type: SigstoreBundle).",
        "Checks images of this repository and no others; registries.yaml (SupplyChainPolicyFormats=Registries) keeps others out.",
        .. request.IsEnforced ? Array.Empty<string>() : ["Audit: a Pod that does not fit is reported and runs; its tag is not replaced by the digest."],
    ];

    private static JsonObject Policy(PolicyRequest request, SignedImage signed, bool legacy) => new()
    {
        ["apiVersion"] = "kyverno.io/v1",
        ["kind"] = "ClusterPolicy",
        ["metadata"] = PolicyDocument.Metadata($"signed-{request.Name}", request),
        ["spec"] = new JsonObject
        {
            ["background"] = false,
            ["webhookConfiguration"] = new JsonObject { ["failurePolicy"] = "Fail", ["timeoutSeconds"] = 30 },
            ["rules"] = new JsonArray(new JsonObject
            {
                ["name"] = "signed-and-attested",
                ["match"] = new JsonObject { ["any"] = new JsonArray(new JsonObject { ["resources"] = Resources(request) }) },
                ["verifyImages"] = new JsonArray(VerifyImages(request, signed, legacy)),
            }),
        },
    };

    private static JsonObject Resources(PolicyRequest request)
    {
        var resources = new JsonObject { ["kinds"] = YamlText.List(["Pod"]) };
        if (request.Namespaces.Count > 0)
            resources["namespaces"] = YamlText.List(request.Namespaces);
        return resources;
    }

    private static JsonObject VerifyImages(PolicyRequest request, SignedImage signed, bool legacy)
    {
        var rule = new JsonObject
        {
            ["failureAction"] = request.IsEnforced ? "Enforce" : "Audit",
            ["type"] = legacy ? "Cosign" : "SigstoreBundle",
            ["imageReferences"] = YamlText.List(request.Images.SelectMany(pattern => pattern.Wildcards)),
            // Kyverno takes no policy that audits and changes Pods all the same.
            ["mutateDigest"] = request.IsEnforced,
            ["verifyDigest"] = request.IsEnforced,
            ["required"] = true,
        };
        if (legacy)
            rule["attestors"] = Attestors(signed.Signer, legacy);
        var attestations = new JsonArray();
        foreach (var type in legacy ? signed.Attestations : PolicyDocument.Statements(signed))
        {
            var attestation = new JsonObject { ["name"] = PolicyDocument.AttestationName(type), ["type"] = type, ["attestors"] = Attestors(signed.Signer, legacy) };
            if (Conditions(type, request) is { Count: > 0 } conditions)
                attestation["conditions"] = new JsonArray(new JsonObject { ["all"] = conditions });
            attestations.Add((JsonNode)attestation);
        }
        if (attestations.Count > 0)
            rule["attestations"] = attestations;
        return rule;
    }

    private static JsonArray Attestors(PolicySigner signer, bool legacy) => new(new JsonObject
    {
        ["count"] = 1,
        ["entries"] = new JsonArray(signer.IsKey ? new JsonObject { ["keys"] = Key(signer) } : new JsonObject { ["keyless"] = Keyless(signer, legacy) }),
    });

    private static JsonObject Key(PolicySigner signer)
    {
        var key = new JsonObject { ["publicKeys"] = signer.PublicKey };
        if (!signer.Logged)
        {
            key["rekor"] = new JsonObject { ["ignoreTlog"] = true };
            key["ctlog"] = new JsonObject { ["ignoreSCT"] = true };
            return key;
        }
        key["rekor"] = Rekor(signer);
        // A key has no certificate, and so none that a log of certificates could know.
        if (signer.Root is not null)
            key["ctlog"] = new JsonObject { ["ignoreSCT"] = true };
        return key;
    }

    private static JsonObject Keyless(PolicySigner signer, bool legacy)
    {
        var keyless = new JsonObject();
        Add(keyless, "issuer", signer.Issuer, signer.IssuerRegexp);
        Add(keyless, "subject", signer.Subject, signer.SubjectRegexp);
        keyless["rekor"] = Rekor(signer);
        if (legacy && signer.Root is { } root)
        {
            keyless["roots"] = root.Certificates;
            if (root.CertificateLogs.FirstOrDefault() is { } log)
                keyless["ctlog"] = new JsonObject { ["pubkey"] = log.Key };
        }
        return keyless;
    }

    private static JsonObject Rekor(PolicySigner signer)
    {
        var rekor = new JsonObject { ["url"] = signer.RekorUrl };
        if (signer.Root?.Logs.FirstOrDefault() is { } log)
            rekor["pubkey"] = log.Key;
        return rekor;
    }

    /// <summary>Kyverno reads <c>*</c> and <c>?</c> in a plain name as wildcards.</summary>
    private static void Add(JsonObject keyless, string name, string? exact, string? regexp)
    {
        if (exact is not null && !exact.AsSpan().ContainsAny('*', '?'))
            keyless[name] = exact;
        else
            keyless[name + "RegExp"] = regexp ?? Patterns.Exactly(exact!);
    }

    private static JsonArray? Conditions(string type, PolicyRequest request) => type switch
    {
        PredicateTypes.CycloneDx => [Condition("{{ bomFormat }}", "CycloneDX")],
        PredicateTypes.Spdx => [Condition("{{ spdxVersion }}", "SPDX-2.3")],
        PredicateTypes.Vulnerabilities => Findings(request),
        PredicateTypes.Provenance => request.Conditions.Builder is { } builder
            ? [Condition("{{ buildDefinition.buildType }}", SlsaProvenance.BuildType), Condition("{{ runDetails.builder.id }}", builder)]
            : [Condition("{{ buildDefinition.buildType }}", SlsaProvenance.BuildType)],
        _ => null,
    };

    private static JsonArray Findings(PolicyRequest request)
    {
        JsonArray conditions = [Condition("{{ scanner.result.SchemaVersion }}", 2)];
        if (request.RefusedSeverities is { Count: > 0 } refused)
        {
            var severity = $"({string.Join(" || ", refused.Select(name => $"Severity=='{name}'"))})";
            var filter = request.Conditions.IgnoreUnfixed ? $"{severity} && FixedVersion" : severity;
            conditions.Add((JsonNode)Condition($"{{{{ scanner.result.Results[].Vulnerabilities[?{filter}][] | length(@) }}}}", 0));
        }
        return conditions;
    }

    private static JsonObject Condition(string key, JsonNode value) => new() { ["key"] = key, ["operator"] = "Equals", ["value"] = value };
}
