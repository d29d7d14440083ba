using System.Text;
using System.Text.Json.Nodes;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Images;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.ClusterPolicies;

/// <summary>A registry with images that were signed for real, and the output folder that a publish of one of them leaves.</summary>
internal sealed class PolicyFixture : IAsyncDisposable
{
    public const string Repository = "team/hello-api";

    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private DockerRegistry? _registry;
    private int _images;

    public SigningFixture Signing { get; } = new();

    public string Output => Signing.File("output");

    public string Policies => Path.Combine(Output, "policies");

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static IReadOnlyList<(string Type, string Predicate)> Documents { get; } =
    [
        (PredicateTypes.CycloneDx, """{"bomFormat":"CycloneDX","specVersion":"1.6"}"""),
        (PredicateTypes.Spdx, """{"spdxVersion":"SPDX-2.3"}"""),
        (PredicateTypes.Vulnerabilities, """{"scanner":{"uri":"pkg:github/aquasecurity/trivy@0.68.2","version":"0.68.2","db":{"uri":"","version":""},"result":{"SchemaVersion":2,"Results":[{"Target":"OperatingSystem","Vulnerabilities":[{"VulnerabilityID":"CVE-2023-45853","PkgName":"zlib1g","InstalledVersion":"1:1.2.13","Severity":"CRITICAL"},{"VulnerabilityID":"CVE-2023-1","PkgName":"a","InstalledVersion":"1","FixedVersion":"2","Severity":"MEDIUM"}]}]}}}"""),
        (PredicateTypes.Provenance, $$$"""{"buildDefinition":{"buildType":"{{{SlsaProvenance.BuildType}}}","externalParameters":{}},"runDetails":{"builder":{"id":"https://github.com/actions/runner/github-hosted"}} }"""),
    ];

    public async Task<string> HostAsync() => (_registry ??= await DockerRegistry.StartAsync(Token)).Host;

    public SigningSettings Key(string key) => Signing.Settings(key);

    /// <summary>An image of its own, signed and attested.</summary>
    /// <param name="types">What is attached to it; none: unsigned.</param>
    public async Task<(ImageReference Reference, IReadOnlyList<SignedEvidence> Evidence)> ImageAsync(SigningSettings settings, SignatureFormat format, params IReadOnlyList<string> types)
    {
        var store = SmallImage.Registry(await HostAsync(), Repository, _http);
        var image = await SmallImage.WriteAsync(store, $"image {++_images}");
        var statements = types.Select(type => type switch
        {
            PredicateTypes.CosignSignature => StatementToSign.Signature(image.Digest),
            PredicateTypes.SimpleSigning => LegacyForm.Signature(store.Repository, image.Digest),
            _ => StatementToSign.Attestation(image.Digest, store.Repository.Name, type, Encoding.UTF8.GetBytes(Documents.Single(document => document.Type == type).Predicate)),
        }).ToArray();
        if (statements.Length == 0)
            return (store.Repository.At(image.Digest), []);
        var evidence = await Signing.SignAsync(settings, statements);
        await new EvidencePlace(store, format, TimeProvider.System).AttachAsync(image, evidence, DateTimeOffset.UnixEpoch, Token);
        return (store.Repository.At(image.Digest), evidence);
    }

    public static IReadOnlyList<string> All(SignatureFormat format) =>
        [PredicateTypes.CosignSignature, .. format == SignatureFormat.Bundle ? Array.Empty<string>() : [PredicateTypes.SimpleSigning], .. Documents.Select(document => document.Type)];

    /// <summary>What a publish leaves in SupplyChainOutputPath.</summary>
    public void WriteReceipt(ImageReference reference, SignatureFormat format, IReadOnlyList<SignedEvidence> evidence)
    {
        Directory.CreateDirectory(Output);
        foreach (var signed in evidence)
            File.Copy(signed.BundleFile, Path.Combine(Output, Path.GetFileName(signed.BundleFile)), overwrite: true);
        new StateFile<Receipt>(Output, "receipt.json", PublishingJson.Default.Receipt).Write(new Receipt(
            reference.ToString(), reference.Digest!.Value, MediaTypes.OciManifest, ["linux/amd64"], ["1.4.0"], null, null,
            [.. evidence.Select(signed => new ReceiptEvidence(signed.PredicateType, Path.GetFileName(signed.BundleFile)))], evidence.Count > 0, null, [], [], "0.1.0", DateTimeOffset.UnixEpoch)
        {
            SignatureFormat = evidence.Count > 0 ? format : null,
        });
    }

    /// <summary>As the target does it.</summary>
    public async Task<IReadOnlyList<string>> GenerateAsync(SigningSettings signing, params (string Name, string Value)[] settings)
    {
        var read = PolicySettings.Read(Settings(settings));
        var published = await PublishedEvidence.ReadAsync([Output], Token);
        var signer = await new PolicySigners(Signing.Runner, Signing.Cosign, signing, Signing.Machine).FindAsync(published, Token);
        published.Require(read.Conditions);
        return await PolicyWriter.WriteAsync(read.For(published.Reference, published.SignedBy(signer)), read.Formats, Policies, Token);
    }

    public static Settings Settings(params (string Name, string Value)[] settings) => new(
        new Dictionary<string, string>(settings.Select(item => KeyValuePair.Create(item.Name, item.Value))) { ["SupplyChainVerificationThreshold"] = settings.FirstOrDefault(item => item.Name == "SupplyChainVerificationThreshold").Value ?? "None" },
        "/src/HelloApi/HelloApi.csproj");

    /// <summary>What the real cosign verifies of an image with the parameters that stand in a policy: the case for <see cref="PolicyEngines.RefusalsAsync"/>.</summary>
    public async Task<JsonObject> VerifiedAsync(ImageReference image, PolicyParameters parameters, bool legacy = false)
    {
        var statements = new JsonObject();
        var answers = await Task.WhenAll(parameters.Types.Select(async type => (Type: type, Result: await Signing.CosignAsync(
            ["verify-attestation", "--type", type, .. legacy ? ["--new-bundle-format=false"] : Array.Empty<string>(), .. parameters.Flags, "--", image.ToString()]))));
        foreach (var (type, result) in answers.Where(answer => answer.Result.ExitCode == 0))
            statements[type] = new JsonArray([.. result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(Convert.FromBase64String((string)JsonNode.Parse(line)!["payload"]!)))]);
        var signature = legacy && (await Signing.CosignAsync(["verify", "--new-bundle-format=false", .. parameters.Flags, "--", image.ToString()])).ExitCode == 0;
        return new JsonObject { ["signature"] = signature, ["statements"] = statements };
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        _http.Dispose();
        Signing.Dispose();
    }
}

/// <summary>Whom a policy expects, read out of the policy itself, as the flags of cosign.</summary>
internal sealed record PolicyParameters(IReadOnlyList<string> Types, IReadOnlyList<string> Flags)
{
    public static PolicyParameters Read(JsonObject policy, Func<string, string> file, string? trustedRoot = null) => (string)policy["kind"]! switch
    {
        "ClusterPolicy" => Of(
            policy["spec"]!["rules"]![0]!["verifyImages"]![0]!["attestations"]!.AsArray().Select(attestation => (string)attestation!["type"]!),
            policy["spec"]!["rules"]![0]!["verifyImages"]![0]!["attestations"]![0]!["attestors"]![0]!["entries"]![0]!, "keys", "publicKeys", entry => entry["keyless"]!, "rekor", "ignoreTlog"),
        "ImageValidatingPolicy" => Of(
            policy["spec"]!["attestations"]!.AsArray().Select(attestation => (string)attestation!["intoto"]!["type"]!),
            policy["spec"]!["attestors"]![0]!["cosign"]!, "key", "data", entry => entry["keyless"]!["identities"]![0]!, "ctlog", "insecureIgnoreTlog"),
        _ => Of(
            policy["spec"]!["authorities"]![0]!["attestations"]!.AsArray().Select(attestation => (string)attestation!["predicateType"]!),
            policy["spec"]!["authorities"]![0]!, "key", "data", entry => entry["keyless"]!["identities"]![0]!, "ctlog", ""),
    } is var read && read.Flags[0] == "--key" ? read with { Flags = ["--key", Write(file("of-the-policy.pub"), read.Flags[1]), .. read.Flags.Skip(2)] } : read with { Flags = [.. read.Flags, .. trustedRoot is null ? Array.Empty<string>() : ["--trusted-root", trustedRoot]] };

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
        return new PolicyParameters([.. types], [.. Flag("--certificate-identity", "subject"), .. Flag("--certificate-identity-regexp", "subjectRegExp"), .. Flag("--certificate-oidc-issuer", "issuer"), .. Flag("--certificate-oidc-issuer-regexp", "issuerRegExp")]);

        string[] Flag(string flag, string name) => who[name] is { } value ? [flag, (string)value!] : [];
    }

    private static string Write(string file, string text)
    {
        File.WriteAllText(file, text);
        return file;
    }
}
