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
    private readonly Dictionary<string, Task<ToolResult>> _asked = [];
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
    public async Task<IReadOnlyList<string>> GenerateAsync(SigningSettings signing, params (string Name, string Value)[] settings) =>
        await PolicyWriter.WriteAsync(await RequestAsync(signing, settings), PolicySettings.Read(Settings(settings)).Formats, Policies, Token);

    /// <summary>What the target finds out before it writes.</summary>
    public async Task<PolicyRequest> RequestAsync(SigningSettings signing, params (string Name, string Value)[] settings)
    {
        var read = PolicySettings.Read(Settings(settings));
        var published = await PublishedEvidence.ReadAsync([Output], Token);
        var signer = await new PolicySigners(Signing.Runner, Signing.Cosign, signing, Signing.Machine).FindAsync(published, Token);
        published.Require(read.Conditions);
        return read.For(published.Reference, published.SignedBy(signer));
    }

    public static Settings Settings(params (string Name, string Value)[] settings) => new(
        new Dictionary<string, string>(settings.Select(item => KeyValuePair.Create(item.Name, item.Value))) { ["SupplyChainVerificationThreshold"] = settings.FirstOrDefault(item => item.Name == "SupplyChainVerificationThreshold").Value ?? "None" },
        "/src/HelloApi/HelloApi.csproj");

    /// <summary>What the real cosign verifies of an image with the parameters that stand in a policy: the case for <see cref="PolicyEngines.RefusalsAsync"/>.</summary>
    public async Task<JsonObject> VerifiedAsync(ImageReference image, PolicyParameters parameters)
    {
        var statements = new JsonObject();
        var answers = await Task.WhenAll(parameters.Types.Select(async type => (Type: type, Result: await AskAsync(["verify-attestation", "--type", type]))));
        foreach (var (type, result) in answers.Where(answer => answer.Result.ExitCode == 0))
            statements[type] = new JsonArray([.. result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(Convert.FromBase64String((string)JsonNode.Parse(line)!["payload"]!)))]);
        return new JsonObject { ["signature"] = parameters.Legacy && (await AskAsync(["verify"])).ExitCode == 0, ["statements"] = statements };

        // Trust that is given in parts is what cosign 2 takes; it knows the older layout alone. The same is asked only once.
        Task<ToolResult> AskAsync(string[] command)
        {
            string[] arguments = [.. command, .. parameters is { Legacy: true, Trust.Count: 0 } ? ["--new-bundle-format=false"] : Array.Empty<string>(), .. parameters.Flags, "--", image.ToString()];
            var question = $"{parameters.Trust.Count} {string.Join(' ', arguments)}";
            return _asked.TryGetValue(question, out var asked) ? asked : _asked[question] = parameters.Trust.Count > 0
                ? Signing.Runner.RunAsync(new ToolInvocation(new Tool("cosign", Toolchain.Require("cosign2"), "PATH"), arguments) { Environment = parameters.Trust }, Token)
                : Signing.CosignAsync(arguments);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
            await _registry.DisposeAsync();
        _http.Dispose();
        Signing.Dispose();
    }
}
