using System.Text.Json.Nodes;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>Whom a policy expects, read out of the policy itself, as the flags of cosign.</summary>
/// <param name="Types">Of the attestations that it asks for.</param>
/// <param name="Flags">The signer.</param>
internal sealed record PolicyParameters(IReadOnlyList<string> Types, IReadOnlyList<string> Flags)
{
    /// <summary>The engine reads cosign's older layout with them, and not bundles.</summary>
    public bool Legacy { get; init; }

    /// <summary>The variables by which cosign 2 trusts exactly those whom the policy names, where it names their certificates and keys one by one.</summary>
    public IReadOnlyDictionary<string, string?> Trust { get; init; } = new Dictionary<string, string?>();

    /// <param name="policies">The documents of one file.</param>
    /// <param name="file">A file to write to, by its name.</param>
    /// <param name="trustedRoot">What the engine trusts where the policy names nobody.</param>
    public static PolicyParameters Read(IReadOnlyList<JsonObject> policies, Func<string, string> file, string? trustedRoot)
    {
        var read = policies.Last(document => (string)document["kind"]! is "ClusterPolicy" or "ImageValidatingPolicy" or "ClusterImagePolicy" or "Verifier") is var policy && (string)policy["kind"]! is var kind && kind == "ClusterPolicy"
            ? Kyverno(policy["spec"]!["rules"]![0]!["verifyImages"]![0]!, file)
            : kind switch
            {
                "ImageValidatingPolicy" => Of(
                    policy["spec"]!["attestations"]!.AsArray().Select(attestation => (string)attestation!["intoto"]!["type"]!),
                    policy["spec"]!["attestors"]![0]!["cosign"]!, "key", "data", entry => entry["keyless"]!["identities"]![0]!, "ctlog", "insecureIgnoreTlog"),
                "ClusterImagePolicy" => Of(
                    policy["spec"]!["authorities"]![0]!["attestations"]!.AsArray().Select(attestation => (string)attestation!["predicateType"]!),
                    policy["spec"]!["authorities"]![0]!, "key", "data", entry => entry["keyless"]!["identities"]![0]!, "ctlog", "") with
                { Legacy = (string)policy["spec"]!["authorities"]![0]!["signatureFormat"]! == "legacy" },
                _ => Ratify(policy["spec"]!["parameters"]!["trustPolicies"]![0]!, policies),
            };
        if (read.Flags[0] == "--key")
            return read with { Flags = ["--key", Write(file("of-the-policy.pub"), read.Flags[1]), .. read.Flags.Skip(2)] };
        return trustedRoot is null || read.Trust.Count > 0 ? read : read with { Flags = [.. read.Flags, "--trusted-root", trustedRoot] };
    }

    private static PolicyParameters Kyverno(JsonNode rule, Func<string, string> file)
    {
        var entry = rule["attestations"]![0]!["attestors"]![0]!["entries"]![0]!;
        var read = Of(rule["attestations"]!.AsArray().Select(attestation => (string)attestation!["type"]!), entry, "keys", "publicKeys", node => node["keyless"]!, "rekor", "ignoreTlog") with
        { Legacy = (string)rule["type"]! == "Cosign" };
        if (entry["keyless"]?["roots"] is not { } roots)
            return read;
        var trust = new Dictionary<string, string?>
        {
            ["SIGSTORE_ROOT_FILE"] = Write(file("of-the-policy-roots.pem"), (string)roots!),
            ["SIGSTORE_REKOR_PUBLIC_KEY"] = Write(file("of-the-policy-log.pem"), (string)entry["keyless"]!["rekor"]!["pubkey"]!),
            ["SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"] = Write(file("of-the-policy-certificates.pem"), (string)entry["keyless"]!["ctlog"]!["pubkey"]!),
        };
        return read with { Trust = trust };
    }

    /// <summary>Ratify's verifier of signatures; it looks into no attestation.</summary>
    private static PolicyParameters Ratify(JsonNode trust, IReadOnlyList<JsonObject> resources)
    {
        string[] signer = trust["keys"]?[0] is { } key
            ? ["--key", (string)resources.Single(resource => (string)resource["kind"]! == "KeyManagementProvider" && (string)resource["metadata"]!["name"]! == (string)key["provider"]!)["spec"]!["parameters"]!["value"]!]
            : [.. Flag(trust["keyless"]!, "--certificate-identity", "certificateIdentity"), .. Flag(trust["keyless"]!, "--certificate-identity-regexp", "certificateIdentityRegExp"),
                .. Flag(trust["keyless"]!, "--certificate-oidc-issuer", "certificateOIDCIssuer"), .. Flag(trust["keyless"]!, "--certificate-oidc-issuer-regexp", "certificateOIDCIssuerRegExp")];
        return new PolicyParameters([], [.. signer, .. (bool)trust["tLogVerify"]! ? Array.Empty<string>() : ["--insecure-ignore-tlog=true"]]) { Legacy = true };
    }

    private static PolicyParameters Of(IEnumerable<string> types, JsonNode entry, string key, string data, Func<JsonNode, JsonNode> identity, string log, string ignore)
    {
        if (entry[key] is { } holder)
        {
            // Kyverno has the log beside the key, the others beside the holder of the key; policy-controller asks none that it does not know.
            var place = holder[log] ?? entry[log];
            var ignored = place is null || (bool?)place[ignore] == true;
            return new PolicyParameters([.. types], ["--key", (string)holder[data]!, .. ignored ? ["--insecure-ignore-tlog=true"] : Array.Empty<string>()]);
        }
        var who = identity(entry);
        return new PolicyParameters([.. types], [.. Flag(who, "--certificate-identity", "subject"), .. Flag(who, "--certificate-identity-regexp", "subjectRegExp"), .. Flag(who, "--certificate-oidc-issuer", "issuer"), .. Flag(who, "--certificate-oidc-issuer-regexp", "issuerRegExp")]);
    }

    private static string[] Flag(JsonNode who, string flag, string name) => who[name] is { } value ? [flag, (string)value!] : [];

    private static string Write(string file, string text)
    {
        File.WriteAllText(file, text);
        return file;
    }
}
