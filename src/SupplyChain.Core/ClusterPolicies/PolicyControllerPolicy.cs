using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// A ClusterImagePolicy of Sigstore's policy-controller, and a TrustRoot where the Sigstore is a private one. Attestations are looked into with Rego.
/// </summary>
internal static class PolicyControllerPolicy
{
    /// <returns>Why this engine cannot verify what was signed; null: it can.</returns>
    public static string? Refusal(SignedImage signed) => signed.Signer is { IsKey: false, Logged: false } ? KyvernoPolicy.NoLog : null;

    public static PolicyDocument Write(PolicyRequest request)
    {
        var signed = request.Signed!;
        var root = signed.Signer.Root is { } given && (signed.Signer.Logged || !signed.Signer.IsKey) ? given : null;
        return new PolicyDocument(
            "policy-controller.yaml",
            [
                signed.Bundles ? "Sigstore policy-controller 0.15 or later (signatureFormat: bundle with cosign 3 inside)." : "Sigstore policy-controller 0.13 or later.",
                request.Namespaces.Count == 0
                    ? "It looks only at namespaces with the label policy.sigstore.dev/include=true: kubectl label namespace NAME policy.sigstore.dev/include=true"
                    : $"It looks only at labelled namespaces: kubectl label namespace {string.Join(' ', request.Namespaces)} policy.sigstore.dev/include=true",
                .. request.Images.Any(pattern => !pattern.IsPrefix) ? ["Its patterns cannot name the '@' of a digest: repositories beside this one whose names begin in the same way are asked for the same signature."] : Array.Empty<string>(),
            ],
            [.. root is null ? Array.Empty<JsonObject>() : [TrustRoot(request, root)], .. Policies(request, signed, root is null ? null : $"sigstore-{request.Name}")]);
    }

    /// <summary>
    /// An authority with attestations looks at no signature. In bundles the signature is one of them; in the older layout it has a policy of its own, and
    /// an image has to satisfy every policy that names it.
    /// </summary>
    private static IEnumerable<JsonObject> Policies(PolicyRequest request, SignedImage signed, string? root)
    {
        if (!signed.Bundles)
            yield return Policy($"signed-{request.Name}", request, signed, root, []);
        if (PolicyDocument.Statements(signed) is { Count: > 0 } statements)
            yield return Policy($"{(signed.Bundles ? "signed" : "attested")}-{request.Name}", request, signed, root, statements);
    }

    private static JsonObject Policy(string name, PolicyRequest request, SignedImage signed, string? root, IReadOnlyList<string> statements) => new()
    {
        ["apiVersion"] = "policy.sigstore.dev/v1beta1",
        ["kind"] = "ClusterImagePolicy",
        ["metadata"] = PolicyDocument.Metadata(name, request),
        ["spec"] = new JsonObject
        {
            ["mode"] = request.IsEnforced ? "enforce" : "warn",
            ["images"] = new JsonArray([.. request.Images.Select(pattern => new JsonObject { ["glob"] = Glob(pattern) })]),
            ["authorities"] = new JsonArray(Authority(signed, root, [.. statements.Select(type => Attestation(type, request))])),
        },
    };

    /// <summary>A <c>*</c> does not cross a <c>/</c>, <c>**</c> does; Docker Hub goes by its full name.</summary>
    internal static string Glob(ImagePattern pattern)
    {
        var name = pattern.Registry is "docker.io" or "registry-1.docker.io" ? "index.docker.io" + pattern.Name[pattern.Registry.Length..] : pattern.Name;
        return pattern.IsPrefix ? $"{name}/**" : $"{name}*";
    }

    private static JsonObject Authority(SignedImage signed, string? root, JsonNode[] attestations)
    {
        var signer = signed.Signer;
        var authority = new JsonObject { ["name"] = "signer", ["signatureFormat"] = signed.Bundles ? "bundle" : "legacy" };
        if (signer.IsKey)
            authority["key"] = new JsonObject { ["hashAlgorithm"] = "sha256", ["data"] = signer.PublicKey };
        else
        {
            var keyless = new JsonObject { ["url"] = signer.FulcioUrl };
            if (root is not null)
                keyless["trustRootRef"] = root;
            keyless["identities"] = new JsonArray(Identities.Of(signer));
            authority["keyless"] = keyless;
        }
        if (signer.Logged)
        {
            var log = new JsonObject { ["url"] = signer.RekorUrl };
            if (root is not null)
                log["trustRootRef"] = root;
            authority["ctlog"] = log;
        }
        if (attestations.Length > 0)
            authority["attestations"] = new JsonArray(attestations);
        return authority;
    }

    private static JsonObject Attestation(string type, PolicyRequest request)
    {
        var attestation = new JsonObject { ["name"] = PolicyDocument.AttestationName(type), ["predicateType"] = type };
        if (Rule(type, request) is { } rule)
            attestation["policy"] = new JsonObject { ["type"] = "rego", ["data"] = rule };
        return attestation;
    }

    /// <summary>Rego over the whole statement, in the syntax that OPA before and after 1.0 reads alike.</summary>
    private static string? Rule(string type, PolicyRequest request)
    {
        string[]? lines = type switch
        {
            PredicateTypes.CycloneDx => ["input.predicate.bomFormat == \"CycloneDX\""],
            PredicateTypes.Spdx => ["input.predicate.spdxVersion == \"SPDX-2.3\""],
            PredicateTypes.Vulnerabilities => request.RefusedSeverities is { Count: > 0 } refused
                ?
                [
                    "is_array(input.predicate.scanner.result.Results)",
                    $"count([finding | finding := input.predicate.scanner.result.Results[_].Vulnerabilities[_]; finding.Severity in [{string.Join(", ", refused.Select(severity => $"\"{severity}\""))}]{(request.Conditions.IgnoreUnfixed ? "; finding.FixedVersion" : "")}]) == 0",
                ]
                : ["is_array(input.predicate.scanner.result.Results)"],
            PredicateTypes.Provenance =>
            [
                $"input.predicate.buildDefinition.buildType == {Literal(SlsaProvenance.BuildType)}",
                .. request.Conditions.Builder is { } builder ? [$"regex.match({Literal(Patterns.Wildcard(builder))}, input.predicate.runDetails.builder.id)"] : Array.Empty<string>(),
            ],
            _ => null,
        };
        return lines is null ? null : $"package sigstore\n\nimport future.keywords.if\nimport future.keywords.in\n\ndefault isCompliant := false\n\nisCompliant if {{\n{string.Concat(lines.Select(line => $"  {line}\n"))}}}\n";
    }

    private static JsonObject TrustRoot(PolicyRequest request, TrustedRootFile root) => new()
    {
        ["apiVersion"] = "policy.sigstore.dev/v1alpha1",
        ["kind"] = "TrustRoot",
        ["metadata"] = PolicyDocument.Metadata($"sigstore-{request.Name}", request),
        ["spec"] = new JsonObject
        {
            ["sigstoreKeys"] = new JsonObject
            {
                ["certificateAuthorities"] = new JsonArray(
                [
                    .. root.Authorities.Select(authority => new JsonObject
                    {
                        ["subject"] = new JsonObject { ["organization"] = authority.Organization, ["commonName"] = authority.CommonName },
                        ["uri"] = authority.Url,
                        ["certChain"] = Base64(authority.Chain),
                    }),
                ]),
                ["tLogs"] = Logs(root.Logs),
                ["ctLogs"] = Logs(root.CertificateLogs),
            },
        },
    };

    private static JsonArray Logs(IReadOnlyList<TrustedLog> logs) =>
        new([.. logs.Select(log => new JsonObject { ["baseURL"] = log.Url, ["hashAlgorithm"] = "sha-256", ["publicKey"] = Base64(log.Key) })]);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Literal(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
