using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>The real docker-registry, and the tools that people read registries with.</summary>
public sealed class DockerRegistrySpecs : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();

    [Fact]
    public async Task What_is_published_can_be_read_by_crane_oras_and_cosign()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        var (image, pushed) = await PublishAsync(_bench.Store(registry.Host));

        (await RunAsync("crane", "digest", $"{registry.Host}/team/app:1.0")).ShouldBe(image.Root.Digest.ToString());
        await RunAsync("crane", "validate", "--fast", "--remote", pushed.Reference.ToString());
        using var discovered = JsonDocument.Parse(await RunAsync("oras", "discover", "--plain-http", "--format", "json", pushed.Reference.ToString()));
        var referrers = discovered.RootElement.GetProperty("referrers").EnumerateArray().ToArray();
        referrers.Select(r => r.GetProperty("artifactType").GetString()).ShouldBe([MediaTypes.SigstoreBundle, MediaTypes.SigstoreBundle]);
        referrers.Select(r => r.GetProperty("annotations").GetProperty("dev.sigstore.bundle.predicateType").GetString()).ShouldBe([PredicateTypes.CosignSignature, PredicateTypes.CycloneDx], ignoreOrder: true);
        (await RunAsync("cosign", "tree", pushed.Reference.ToString())).ShouldContain(PredicateTypes.CycloneDx);
        (await RunAsync("crane", "ls", $"{registry.Host}/team/app")).Split('\n').ShouldBe(["1.0", "latest", $"sha256-{image.Root.Digest.Hex}"], ignoreOrder: true);
    }

    [Fact]
    public async Task Cosign_verifies_what_was_attached_in_a_registry_and_in_a_layout()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        var image = SampleImage.Write(_folder);
        await RunAsync("cosign", "generate-key-pair", "--output-key-prefix", _folder.File("key"));
        var statement = _folder.File("statement.json");
        await File.WriteAllTextAsync(statement, $$$"""{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"{{{image.Root.Digest.Hex}}}"}}],"predicateType":"{{{PredicateTypes.CosignSignature}}}","predicate":{}}""", Token);
        var bundle = _folder.File("bundle.json");
        await RunAsync("cosign", "attest-blob", "--key", _folder.File("key.key"), "--statement", statement, "--use-signing-config=false", "--tlog-upload=false", "--bundle", bundle, "--yes");
        var evidence = new SignedEvidence(image.Root.Digest, PredicateTypes.CosignSignature, bundle);
        string[] verify = ["verify-attestation", "--key", _folder.File("key.pub"), "--insecure-ignore-tlog=true", "--type", PredicateTypes.CosignSignature];

        var store = _bench.Store(registry.Host);
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        await Should.ThrowAsync<InvalidOperationException>(() => RunAsync("cosign", [.. verify, pushed.Reference.ToString()]));
        await new EvidenceWriter().AttachAsync(store, image.Root, [evidence], Created, Token);
        await RunAsync("cosign", [.. verify, pushed.Reference.ToString()]);

        var layout = new LayoutStore(_folder.File("layout"), "app", TimeProvider.System);
        await new ImagePusher().PushAsync(image, layout, SampleImage.Passed(image), Token);
        await new EvidenceWriter().AttachAsync(layout, image.Root, [evidence], Created, Token);
        await RunAsync("cosign", [.. verify, "--local-image", _folder.File("layout")]);
    }

    [Fact]
    public async Task Publishing_again_writes_nothing()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        await PublishAsync(_bench.Store(registry.Host));
        var writes = (await registry.WritesAsync(Token)).Count;
        var (_, again) = await PublishAsync(_bench.Store(registry.Host));
        again.UploadedBlobs.ShouldBe(0);
        (await registry.WritesAsync(Token)).Count.ShouldBe(writes);
    }

    [Fact]
    public async Task Basic_and_token_authentication_are_understood()
    {
        await using var tokens = TokenServer.Start();
        foreach (var options in new[] { new DockerRegistryOptions { RequirePassword = true }, new DockerRegistryOptions { Tokens = tokens } })
        {
            await using var registry = await DockerRegistry.StartAsync(options, Token);
            await PublishAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password(DockerRegistry.UserName, DockerRegistry.Password)));
            await RegistryBench.FailureAsync(() => PublishAsync(_bench.Store(registry.Host, "team/other", FixedCredentials.Password(DockerRegistry.UserName, "wrong-password"))), DiagnosticCodes.RegistryRefusedCredentials);
            await RegistryBench.FailureAsync(() => PublishAsync(_bench.Store(registry.Host, "team/other")), DiagnosticCodes.RegistryRefusedCredentials);
        }
    }

    [Fact]
    public async Task Layers_are_mounted_from_the_base_images_repository()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, _bench.Store(registry.Host, "base/runtime"), SampleImage.Passed(image), Token);
        var pushed = await new ImagePusher().PushAsync(image, _bench.Store(registry.Host, change: s => s with { MountFrom = "base/runtime" }), SampleImage.Passed(image), Token);
        (pushed.UploadedBlobs, pushed.PresentBlobs).ShouldBe((0, 3));
    }

    [Fact]
    public async Task A_large_layer_arrives_whole()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        var store = _bench.Store(registry.Host);
        var content = SampleImage.Bytes(23 * 1024 * 1024, "large");
        var blob = SampleImage.Describe(content);
        await store.WriteBlobAsync(blob, () => new MemoryStream(content), Token);
        await using var stream = await store.ReadBlobAsync(blob, Token);
        await stream.CopyToAsync(Stream.Null, Token);
    }

    /// <summary>The first cut is in the whole upload, the second in a chunk; docker-registry 2.8 forgets an upload whose address it did not renew, so it may begin again.</summary>
    [Fact]
    public async Task A_large_layer_arrives_although_the_connection_is_cut_in_the_middle_of_it_and_of_a_chunk()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        await using var proxy = new CuttingProxy(registry.Host, 9_000_000, 3_000_000, 12_000_000);
        var content = SampleImage.Bytes(23 * 1024 * 1024, "cut");
        var blob = SampleImage.Describe(content);
        await _bench.Store(proxy.Host).WriteBlobAsync(blob, () => new MemoryStream(content), Token);
        proxy.CutsLeft.ShouldBe(0);
        await using var stream = await _bench.Store(registry.Host).ReadBlobAsync(blob, Token);
        await stream.CopyToAsync(Stream.Null, Token);
    }

    [Fact]
    public async Task Writers_of_the_same_image_that_take_turns_keep_each_others_evidence()
    {
        await using var registry = await DockerRegistry.StartAsync(Token);
        var (image, _) = await PublishAsync(_bench.Store(registry.Host));
        for (var i = 0; i < 3; i++)
            await new EvidenceWriter().AttachAsync(_bench.Store(registry.Host), image.Root, [SampleImage.Evidence(_folder, image.Root.Digest, text: $"turn {i}")], Created, Token);
        (await new EvidenceReader().ListAsync(_bench.Store(registry.Host), image.Root, Token)).Count.ShouldBe(5);
    }

    public void Dispose()
    {
        _bench.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require(tool)).WithArguments(arguments).WithEnvironmentVariables(e => e.Set("COSIGN_PASSWORD", "")).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        return result.IsSuccess ? result.StandardOutput.TrimEnd('\n') : throw new InvalidOperationException($"{tool}: {result.StandardError}");
    }

    private async Task<(ImageLayout Image, PushedImage Pushed)> PublishAsync(IImageStore store)
    {
        var image = SampleImage.Write(_folder, "multi", 1000, "amd64", "arm64");
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        await new EvidenceWriter().AttachAsync(store, pushed.Root, [SampleImage.Evidence(_folder, pushed.Digest), SampleImage.Evidence(_folder, pushed.Digest, PredicateTypes.CycloneDx)], Created, Token);
        await new Tagger().TagAsync(store, pushed, ["1.0", "latest"], TagPolicy.Default, Token);
        return (image, pushed);
    }
}
