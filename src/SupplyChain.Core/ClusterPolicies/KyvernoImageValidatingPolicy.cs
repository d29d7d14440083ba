using System.Text.Json.Nodes;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>An ImageValidatingPolicy of Kyverno: the conditions are CEL, and look into the whole statement.</summary>
internal static class KyvernoImageValidatingPolicy
{
    private const string Images = "(images.containers + images.initContainers + images.ephemeralContainers)";

    /// <returns>Why this engine cannot verify what was signed; null: it can.</returns>
    public static string? Refusal(SignedImage signed) => signed switch
    {
        { Bundles: false, Signer.Logged: false, Attestations.Count: > 0 } =>
            "an ImageValidatingPolicy of Kyverno accepts attestations in cosign's older layout only from a transparency log. Choose Kyverno, or publish with SupplyChainSignatureFormat=Bundle or Both",
        { Signer: { IsKey: false, Logged: false } } => KyvernoPolicy.NoLog,
        _ => null,
    };

    public static PolicyDocument Write(PolicyRequest request)
    {
        var signed = request.Signed!;
        return new PolicyDocument(
            "kyverno-image-validating.yaml",
            [
                signed.Signer.Root is not null ? "Kyverno 1.19 or later (the trusted root of a private Sigstore)." : "Kyverno 1.17 or later.",
                "Checks images of this repository and no others; registries.yaml (SupplyChainPolicyFormats=Registries) keeps others out.",
                .. request.IsEnforced ? Array.Empty<string>() : ["Audit: a Pod that does not fit is reported and runs; its tag is not replaced by the digest."],
            ],
            [
                new JsonObject
                {
                    ["apiVersion"] = "policies.kyverno.io/v1",
                    ["kind"] = "ImageValidatingPolicy",
                    ["metadata"] = PolicyDocument.Metadata($"signed-{request.Name}", request),
                    ["spec"] = Spec(request, signed),
                },
            ]);
    }

    private static JsonObject Spec(PolicyRequest request, SignedImage signed)
    {
        var statements = PolicyDocument.Statements(signed);
        var spec = new JsonObject
        {
            ["failurePolicy"] = "Fail",
            ["validationActions"] = YamlText.List([request.IsEnforced ? "Deny" : "Audit"]),
            ["webhookConfiguration"] = new JsonObject { ["timeoutSeconds"] = 30 },
            ["evaluation"] = new JsonObject { ["background"] = new JsonObject { ["enabled"] = false } },
            ["matchConstraints"] = PodMatch.Constraints(request, excluded: false),
            ["matchImageReferences"] = new JsonArray([.. request.Images.SelectMany(pattern => pattern.Wildcards).Select(glob => new JsonObject { ["glob"] = glob })]),
            ["validationConfigurations"] = new JsonObject { ["mutateDigest"] = request.IsEnforced, ["verifyDigest"] = request.IsEnforced, ["required"] = true },
            ["attestors"] = new JsonArray(new JsonObject { ["name"] = "signer", ["cosign"] = Cosign(signed.Signer) }),
        };
        if (statements.Count > 0)
            spec["attestations"] = new JsonArray([.. statements.Select(type => new JsonObject { ["name"] = PolicyDocument.AttestationName(type), ["intoto"] = new JsonObject { ["type"] = type } })]);
        var validations = new JsonArray();
        if (!signed.Bundles)
            Add(validations, "verifyImageSignatures(image, [attestors.signer]) > 0", $"the image must be signed by {signed.Signer.DisplayName}");
        foreach (var type in statements)
            Add(validations, Check(type, request), type == PredicateTypes.CosignSignature ? $"the image must be signed by {signed.Signer.DisplayName}" : $"{PredicateTypes.Describe(type)} must be attested by {signed.Signer.DisplayName}{Also(type, request)}");
        spec["validations"] = validations;
        return spec;
    }

    private static void Add(JsonArray validations, string check, string message) =>
        validations.Add((JsonNode)new JsonObject { ["expression"] = $"{Images}.all(image, {check})", ["message"] = message });

    private static string Check(string type, PolicyRequest request)
    {
        var name = PolicyDocument.AttestationName(type);
        var signature = $"verifyAttestationSignatures(image, attestations.{name}, [attestors.signer]) > 0";
        var predicate = $"extractPayload(image, attestations.{name}).predicate";
        return type switch
        {
            PredicateTypes.CycloneDx => $"{signature} && {predicate}.bomFormat == 'CycloneDX'",
            PredicateTypes.Spdx => $"{signature} && {predicate}.spdxVersion == 'SPDX-2.3'",
            PredicateTypes.Vulnerabilities => request.RefusedSeverities is { Count: > 0 } refused
                ? $"{signature} && {predicate}.scanner.result.Results.all(result, !has(result.Vulnerabilities) || result.Vulnerabilities.all(finding, !(finding.Severity in [{string.Join(", ", refused.Select(severity => $"'{severity}'"))}]){(request.Conditions.IgnoreUnfixed ? " || !has(finding.FixedVersion)" : "")}))"
                : $"{signature} && size({predicate}.scanner.result.Results) >= 0",
            PredicateTypes.Provenance => $"{signature} && {predicate}.buildDefinition.buildType == '{SlsaProvenance.BuildType}'{(request.Conditions.Builder is { } builder ? $" && {predicate}.runDetails.builder.id.matches({Literal(Patterns.Wildcard(builder))})" : "")}",
            _ => signature,
        };
    }

    private static string Also(string type, PolicyRequest request) => type switch
    {
        PredicateTypes.Vulnerabilities when request.RefusedSeverities.Count > 0 => $", without findings at or above {request.Conditions.Threshold}",
        PredicateTypes.Provenance when request.Conditions.Builder is { } builder => $", and name the builder {builder}",
        _ => "",
    };

    private static JsonObject Cosign(PolicySigner signer)
    {
        var cosign = new JsonObject();
        if (signer.IsKey)
            cosign["key"] = new JsonObject { ["hashAlgorithm"] = "sha256", ["data"] = signer.PublicKey };
        else
        {
            var keyless = new JsonObject { ["identities"] = new JsonArray(Identities.Of(signer)) };
            if (signer.Root is { } authorities)
                keyless["roots"] = authorities.Certificates;
            cosign["keyless"] = keyless;
        }
        // Kyverno wants an address even where it asks no log.
        var log = new JsonObject { ["url"] = signer.RekorUrl };
        if (!signer.Logged)
            log["insecureIgnoreTlog"] = true;
        if (signer.IsKey)
            log["insecureIgnoreSCT"] = true;
        if (signer.Logged && signer.Root?.Logs.FirstOrDefault() is { } rekor)
            log["rekorPubKey"] = rekor.Key;
        if (!signer.IsKey && signer.Root?.CertificateLogs.FirstOrDefault() is { } certificates)
            log["ctLogPubKey"] = certificates.Key;
        cosign["ctlog"] = log;
        if (signer.Root is { } root && (signer.Logged || !signer.IsKey))
            cosign["trustedRoot"] = new JsonObject { ["value"] = root.Json };
        return cosign;
    }

    /// <summary>A string of CEL.</summary>
    private static string Literal(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
