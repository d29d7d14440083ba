using System.Text;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.Core.Verifying;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Interoperability;

/// <summary>Who verifies what was made by whom. Each cell is tried, and the table in docs/interoperability.md is made of it (tests/interoperability.sh).</summary>
public sealed class InteroperabilitySpecs(SignedImages images) : IClassFixture<SignedImages>
{
    private const string Yes = "yes";

    /// <summary>A bundle is unknown to it, or it knows nothing but bundles: refused, and never accepted by mistake.</summary>
    private const string No = "–";

    private static readonly string[] Makers = ["SupplyChain.Build, Bundle", "SupplyChain.Build, Legacy", "SupplyChain.Build, Both", "cosign 3.1", "cosign 2.5"];

    private static readonly (string Verifier, string[] Expected)[] Table =
    [
        ("cosign 3.1 verify", [Yes, Yes, Yes, Yes, Yes]),
        ("cosign 3.1 verify-attestation", [Yes, Yes, Yes, Yes, Yes]),
        ("cosign 2.5 verify", [No, Yes, Yes, No, Yes]),
        ("cosign 2.5 verify-attestation", [No, Yes, Yes, No, Yes]),
        ("skopeo 1.18 copy (`sigstoreSigned`)", [No, Yes, Yes, No, Yes]),
        ("@sigstore/verify 3.1", [Yes, No, Yes, Yes, No]),
        // In registries without the referrers API cosign lists its bundles under the type of an empty file (sigstore/cosign, pkg/oci/remote/write.go).
        ("oras discover (lists)", [Yes, No, Yes, "–¹", No]),
        ("cosign tree (lists)", [Yes, Yes, Yes, Yes, Yes]),
        ("SupplyChainVerifyImage", [Yes, Yes, Yes, Yes, Yes]),
    ];

    private static string Document => Path.Combine(Toolchain.RepositoryRoot, "docs/interoperability.md");

    public static TheoryData<string, string, bool> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, bool>();
            foreach (var (verifier, expected) in Table)
            {
                for (var maker = 0; maker < Makers.Length; maker++)
                    cells.Add(Makers[maker], verifier, expected[maker] == Yes);
            }
            return cells;
        }
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Cells))]
    public async Task Made_by_one_and_verified_by_the_other(string maker, string verifier, bool accepted)
    {
        var (reference, key) = (images.Reference(maker), images.Key);
        (await VerifiesAsync(verifier, reference, key)).ShouldBe(accepted);
        // The right answer to the wrong key, everywhere: a verifier that says yes to everything proves nothing.
        if (accepted && !verifier.EndsWith("(lists)", StringComparison.Ordinal))
            (await VerifiesAsync(verifier, reference, images.OtherKey)).ShouldBeFalse("another key");
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_is_tried_here()
    {
        var text = new StringBuilder();
        text.Append("| verified by ↓, made by → | ").AppendJoin(" | ", Makers).Append(" |\n|---|").Append(string.Concat(Makers.Select(_ => "---|"))).Append('\n');
        foreach (var (verifier, expected) in Table)
            text.Append("| ").Append(verifier).Append(" | ").AppendJoin(" | ", expected).Append(" |\n");
        var document = File.ReadAllText(Document);
        var (start, end) = (document.IndexOf("| verified by", StringComparison.Ordinal), document.LastIndexOf("|\n", StringComparison.Ordinal) + 2);
        if (Environment.GetEnvironmentVariable("SUPPLYCHAIN_WRITE_TABLE") == "1")
            File.WriteAllText(Document, document[..start] + text + document[end..]);
        else
            document[start..end].ShouldBe(text.ToString(), "tests/interoperability.sh writes it");
    }

    private async Task<bool> VerifiesAsync(string verifier, string reference, string key)
    {
        string[] stranger = ["--key", key, "--insecure-ignore-tlog=true", reference];
        switch (verifier)
        {
            case "cosign 3.1 verify":
                return await RunAsync("cosign", ["verify", .. stranger]) is not null;
            case "cosign 2.5 verify":
                return await RunAsync("cosign2", ["verify", .. stranger]) is not null;
            case "cosign 3.1 verify-attestation":
                return await RunAsync("cosign", ["verify-attestation", "--type", "cyclonedx", .. stranger]) is not null;
            case "cosign 2.5 verify-attestation":
                return await RunAsync("cosign2", ["verify-attestation", "--type", "cyclonedx", .. stranger]) is not null;
            case "skopeo 1.18 copy (`sigstoreSigned`)":
                return await CopiesAsync(reference, key);
            case "oras discover (lists)":
                return (await RunAsync("oras", ["discover", "--plain-http", "--format", "json", reference]))!.Contains(MediaTypes.SigstoreBundle, StringComparison.Ordinal);
            case "cosign tree (lists)":
                var tree = (await RunAsync("cosign", ["tree", reference]))!;
                return tree.Contains(PredicateTypes.CycloneDx, StringComparison.Ordinal) || (tree.Contains(".sig", StringComparison.Ordinal) && tree.Contains(".att", StringComparison.Ordinal));
            case "@sigstore/verify 3.1":
                var bundles = await images.BundlesAsync(reference);
                foreach (var bundle in bundles)
                {
                    var result = await Cli.Wrap("node").WithArguments([Path.Combine(Toolchain.RepositoryRoot, "tests/toolchain/sigstore/verify.mjs"), bundle, "--key", key])
                        .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(SigningFixture.Token);
                    result.ExitCode.ShouldBeLessThan(2, result.StandardError);
                    if (result.ExitCode != 0)
                        return false;
                }
                return bundles.Count >= 2;
            default:
                return await images.ExamineAsync(reference, key);
        }
    }

    /// <summary>Podman, CRI-O and Buildah verify in the same way (containers-policy.json, containers-registries.d): nothing is let in that is not signed.</summary>
    private static async Task<bool> CopiesAsync(string reference, string key)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.File("registries.d"));
        await File.WriteAllTextAsync(folder.File("registries.d/here.yaml"), $"docker:\n  {reference.Split('/')[0]}:\n    use-sigstore-attachments: true\n", SigningFixture.Token);
        await File.WriteAllTextAsync(
            folder.File("policy.json"),
            $$"""{"default":[{"type":"reject"}],"transports":{"docker":{"{{reference.Split('@')[0]}}":[{"type":"sigstoreSigned","keyPath":"{{key}}","signedIdentity":{"type":"matchRepository"} }] } } }""",
            SigningFixture.Token);
        return await RunAsync(
            "skopeo",
            ["--policy", folder.File("policy.json"), "--registries.d", folder.File("registries.d"), "copy", "--quiet", "--src-tls-verify=false", $"docker://{reference}", $"dir:{folder.File("copy")}"]) is not null;
    }

    private static async Task<string?> RunAsync(string program, string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require(program)).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(SigningFixture.Token);
        return result.ExitCode == 0 ? result.StandardOutput : null;
    }
}

/// <summary>The same small image, signed and with an SBOM, made by each; in a registry of its own.</summary>
public sealed class SignedImages : IAsyncLifetime
{
    private readonly SigningFixture _fixture = new();
    private readonly HttpClient _http = RegistryHttp.CreateClient();
    private readonly Dictionary<string, (RegistryStore Store, Descriptor Image)> _images = [];
    private DockerRegistry _registry = null!;

    public string Key => _fixture.File("cosign.pub");

    public string OtherKey => _fixture.File("other.pub");

    public string Reference(string maker) => _images[maker].Store.Repository.At(_images[maker].Image.Digest).ToString();

    public async ValueTask InitializeAsync()
    {
        _registry = await DockerRegistry.StartAsync(CancellationToken.None);
        await _fixture.MakeKeyAsync("other");
        await _fixture.MakeKeyAsync("cosign");
        await File.WriteAllBytesAsync(_fixture.File("sbom.json"), SigningFixture.Sbom);
        foreach (var format in Enum.GetValues<SignatureFormat>())
        {
            var (store, image) = await NewAsync($"SupplyChain.Build, {format}", $"ours-{format.ToString().ToLowerInvariant()}");
            var evidence = await _fixture.SignAsync(
                _fixture.Settings("cosign.key"),
                [
                    SigningFixture.Signature(image.Digest),
                    .. format == SignatureFormat.Bundle ? Array.Empty<StatementToSign>() : [LegacyForm.Signature(store.Repository, image.Digest)],
                    SigningFixture.SbomOf(image.Digest, store.Repository.Name),
                ]);
            await new EvidencePlace(store, format, TimeProvider.System).AttachAsync(image, evidence, DateTimeOffset.UnixEpoch, CancellationToken.None);
        }
        await CosignAsync("cosign 3.1", "cosign", ["--use-signing-config=false", "--tlog-upload=false", "--yes"]);
        await CosignAsync("cosign 2.5", "cosign2", ["--tlog-upload=false", "--yes"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _http.Dispose();
        _fixture.Dispose();
    }

    /// <summary>The bundles that are attached, as files.</summary>
    public async Task<IReadOnlyList<string>> BundlesAsync(string reference)
    {
        var (store, image) = _images.Values.Single(item => item.Store.Repository.At(item.Image.Digest).ToString() == reference);
        var files = new List<string>();
        foreach (var stored in await new EvidencePlace(store, SignatureFormat.Bundle, TimeProvider.System).ReadAsync(image, SigningFixture.Token))
        {
            files.Add(_fixture.File($"{Guid.NewGuid():n}.json"));
            await File.WriteAllBytesAsync(files[^1], stored.Content, SigningFixture.Token);
        }
        return files;
    }

    public async Task<bool> ExamineAsync(string reference, string key)
    {
        var (store, _) = _images.Values.Single(item => item.Store.Repository.At(item.Image.Digest).ToString() == reference);
        ImageReference.TryParse(reference, out var parsed);
        var signer = PublicKeySource.FromSettings(new SigningSettings("/") { VerificationKey = key }, logged: false, _fixture.Machine)!;
        try
        {
            await new ImageExaminer(new Verifier(_fixture.Runner, _fixture.Cosign, _fixture.Machine)).ExamineAsync(
                store, new ExaminationRequest(parsed!, signer, [PredicateTypes.CycloneDx], new RegistryAccess(), _fixture.File("work")), SigningFixture.Token);
            return true;
        }
        catch (DiagnosticException exception) when (exception.Diagnostic.Code == DiagnosticCodes.VerificationFailed)
        {
            return false;
        }
    }

    private async Task CosignAsync(string maker, string program, string[] flags)
    {
        var (store, image) = await NewAsync(maker, program);
        var reference = store.Repository.At(image.Digest).ToString();
        string[] key = ["--key", _fixture.File("cosign.key")];
        foreach (var arguments in new string[][] { ["sign", .. key, .. flags, reference], ["attest", .. key, "--type", "cyclonedx", "--predicate", _fixture.File("sbom.json"), .. flags, reference] })
            await Cli.Wrap(Toolchain.Require(program)).WithArguments(arguments).WithEnvironmentVariables(new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "" }).ExecuteBufferedAsync();
    }

    private async Task<(RegistryStore Store, Descriptor Image)> NewAsync(string maker, string repository)
    {
        var store = SmallImage.Registry(_registry.Host, $"team/{repository}", _http);
        return _images[maker] = (store, await SmallImage.WriteAsync(store));
    }
}
