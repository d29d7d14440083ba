using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class EvidenceSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly List<TestRegistry> _registries = [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Evidence_is_listed_with_artifact_type_and_all_annotations(bool referrersApi)
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = referrersApi });
        var (store, image) = await PushedAsync(registry);
        SignedEvidence[] evidence = [SampleImage.Evidence(_folder, image.Digest), SampleImage.Evidence(_folder, image.Digest, PredicateTypes.CycloneDx)];

        var attached = await new EvidenceWriter().AttachAsync(store, image, evidence, Created, Token);

        var listed = await store.ListReferrersAsync(image.Digest, Token);
        listed.Select(d => d.Digest).ShouldBe(attached.Select(d => d.Digest), ignoreOrder: true);
        foreach (var referrer in listed)
        {
            referrer.ArtifactType.ShouldBe(MediaTypes.SigstoreBundle);
            referrer.Annotations!["dev.sigstore.bundle.content"].ShouldBe("dsse-envelope");
            referrer.Annotations["org.opencontainers.image.created"].ShouldBe("2026-11-23T06:12:00Z");
        }
        listed.Select(d => d.Annotations!["dev.sigstore.bundle.predicateType"]).ShouldBe([PredicateTypes.CosignSignature, PredicateTypes.CycloneDx], ignoreOrder: true);
        registry.Requests.Count(r => r.IsWrite && r.Path.Contains("/manifests/sha256-")).ShouldBe(referrersApi ? 0 : 1);

        var stored = await new EvidenceReader().ListAsync(store, image, Token);
        var sbom = stored.Single(s => s.PredicateType == PredicateTypes.CycloneDx);
        (await new EvidenceReader().ReadBundleAsync(store, sbom, Token)).ShouldBe(File.ReadAllBytes(evidence[1].BundleFile));
    }

    [Fact]
    public async Task The_manifest_is_the_one_that_cosign_writes()
    {
        var registry = Registry();
        var (store, image) = await PushedAsync(registry);
        var evidence = SampleImage.Evidence(_folder, image.Digest);
        var bundle = SampleImage.Describe(File.ReadAllBytes(evidence.BundleFile));
        var attached = await new EvidenceWriter().AttachAsync(store, image, [evidence], Created, Token);

        JsonNode.DeepEquals(JsonNode.Parse(registry.Manifest("team/app", attached[0].Digest.ToString())), JsonNode.Parse($$"""
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
              "config": {
                "mediaType": "application/vnd.oci.empty.v1+json",
                "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                "size": 2,
                "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json"
              },
              "layers": [{ "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "digest": "{{bundle.Digest}}", "size": {{bundle.Size}} }],
              "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "{{image.Digest}}", "size": {{image.Size}} },
              "annotations": {
                "org.opencontainers.image.created": "2026-11-23T06:12:00Z",
                "dev.sigstore.bundle.content": "dsse-envelope",
                "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1"
              }
            }
            """)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Attaching_the_same_evidence_again_writes_nothing(bool referrersApi)
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = referrersApi });
        var (store, image) = await PushedAsync(registry);
        var evidence = SampleImage.Evidence(_folder, image.Digest);
        var first = await new EvidenceWriter().AttachAsync(store, image, [evidence, evidence], Created, Token);
        var writes = registry.Requests.Count(r => r.IsWrite);

        var second = await new EvidenceWriter().AttachAsync(store, image, [evidence], Created.AddDays(1), Token);

        second[0].Digest.ShouldBe(first[0].Digest);
        first[1].Digest.ShouldBe(first[0].Digest);
        registry.Requests.Count(r => r.IsWrite).ShouldBe(writes);
        (await store.ListReferrersAsync(image.Digest, Token)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_others_have_put_into_the_fallback_index_stays_as_it_stands()
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
        var (store, image) = await PushedAsync(registry);
        var theirs = $$"""{"mediaType":"{{MediaTypes.OciManifest}}","digest":"sha512:{{new string('a', 128)}}","size":5,"x-unknown":{"a":[1] } }""";
        registry.AddManifest("team/app", MediaTypes.OciIndex, System.Text.Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{theirs}}],"annotations":{"k":"v" } }"""), $"sha256-{image.Digest.Hex}");

        await new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, image.Digest)], Created, Token);

        var index = JsonNode.Parse(registry.Manifest("team/app", $"sha256-{image.Digest.Hex}"))!;
        index["manifests"]!.AsArray().Count.ShouldBe(2);
        JsonNode.DeepEquals(index["manifests"]![0], JsonNode.Parse(theirs)).ShouldBeTrue();
        index["annotations"]!["k"]!.GetValue<string>().ShouldBe("v");
    }

    [Fact]
    public async Task Entries_that_other_clients_wrote_without_type_and_annotations_are_completed_from_the_manifest()
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
        var (store, image) = await PushedAsync(registry);
        var attached = await new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, image.Digest)], Created, Token);
        // As go-containerregistry writes it: the config's type, and no annotations.
        registry.AddManifest("team/app", MediaTypes.OciIndex, System.Text.Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"manifests":[{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{attached[0].Digest}}","size":{{attached[0].Size}},"artifactType":"{{MediaTypes.OciEmpty}}" },
            {"mediaType":"{{MediaTypes.OciManifest}}","digest":"sha256:{{new string('b', 64)}}","size":5 }] }
            """), $"sha256-{image.Digest.Hex}");

        var listed = await store.ListReferrersAsync(image.Digest, Token);
        listed.ShouldHaveSingleItem().ArtifactType.ShouldBe(MediaTypes.SigstoreBundle);
        (await new EvidenceReader().ListAsync(store, image, Token)).ShouldHaveSingleItem().PredicateType.ShouldBe(PredicateTypes.CosignSignature);
    }

    [Fact]
    public async Task An_entry_that_another_writer_removed_between_our_write_and_the_read_back_is_added_again()
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
        var (store, image) = await PushedAsync(registry);
        var tag = $"sha256-{image.Digest.Hex}";
        var lost = 0;
        registry.After = (call, reply) =>
        {
            // Twice, another client that read before us writes after us.
            if (call.Method == "PUT" && call.Path.EndsWith(tag, StringComparison.Ordinal) && lost++ < 2)
                registry.AddManifest("team/app", MediaTypes.OciIndex, System.Text.Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[],"annotations":{"n":"{{lost}}" } }"""), tag);
            return reply;
        };
        await new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, image.Digest)], Created, Token);
        (await store.ListReferrersAsync(image.Digest, Token)).Count.ShouldBe(1);
        lost.ShouldBe(3);
    }

    [Fact]
    public async Task Parallel_writers_lose_nothing_where_the_registry_has_conditional_writes()
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false, ConditionalWrites = true });
        var (_, image) = await PushedAsync(registry);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(
            () => new EvidenceWriter().AttachAsync(_bench.Store(registry.Host), image, [SampleImage.Evidence(_folder, image.Digest, text: $"writer {i}")], Created, Token),
            Token)));
        (await _bench.Store(registry.Host).ListReferrersAsync(image.Digest, Token)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task Referrers_on_several_pages_are_all_found()
    {
        var registry = Registry(new TestRegistryOptions { PageSize = 2 });
        var (store, image) = await PushedAsync(registry);
        await new EvidenceWriter().AttachAsync(store, image, [.. Enumerable.Range(0, 5).Select(i => SampleImage.Evidence(_folder, image.Digest, text: $"{i}"))], Created, Token);
        (await store.ListReferrersAsync(image.Digest, Token)).Count.ShouldBe(5);
        registry.Requests.Count(r => r.Path.Contains("/referrers/") && r.Path.Contains("skip")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_list_of_referrers_that_goes_on_at_another_host_is_not_followed()
    {
        var registry = Registry();
        var other = Registry();
        var (store, image) = await PushedAsync(registry);
        registry.After = (call, reply) => call.Path.Contains("/referrers/") ? reply.With("Link", $"<http://{other.Host}{call.Target}>; rel=\"next\"") : reply;
        await RegistryBench.FailureAsync(() => store.ListReferrersAsync(image.Digest, Token), DiagnosticCodes.RegistryError);
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_registry_that_takes_evidence_and_does_not_list_it_is_caught()
    {
        var registry = Registry();
        var (store, image) = await PushedAsync(registry);
        registry.Before = call => call.Path.Contains("/referrers/") ? new HttpReply(200, System.Text.Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[]}"""), ("Content-Type", MediaTypes.OciIndex)) : null;
        await RegistryBench.FailureAsync(() => new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, image.Digest)], Created, Token), DiagnosticCodes.AttachFailed);
    }

    [Fact]
    public async Task Something_else_under_the_fallback_tag_is_not_overwritten()
    {
        foreach (var content in new[] { """{"schemaVersion":2,"layers":[]}""", "not json", "[]", """{"manifests":[],"manifests":[]}""" })
        {
            var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
            var (store, image) = await PushedAsync(registry);
            var digest = registry.AddManifest("team/app", MediaTypes.OciManifest, System.Text.Encoding.UTF8.GetBytes(content), $"sha256-{image.Digest.Hex}");
            await RegistryBench.FailureAsync(() => new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, image.Digest)], Created, Token), DiagnosticCodes.RegistryError);
            registry.Tag("team/app", $"sha256-{image.Digest.Hex}").ShouldBe(digest);
        }
    }

    [Fact]
    public async Task Evidence_about_another_image_is_refused()
    {
        var (store, image) = await PushedAsync(Registry());
        await RegistryBench.FailureAsync(() => new EvidenceWriter().AttachAsync(store, image, [SampleImage.Evidence(_folder, Digest.Of("other"u8))], Created, Token), DiagnosticCodes.EvidenceUnusable);
        await RegistryBench.FailureAsync(() => new EvidenceWriter().AttachAsync(store, image, [new SignedEvidence(image.Digest, PredicateTypes.CycloneDx, _folder.File("none"))], Created, Token), DiagnosticCodes.EvidenceUnusable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bundle_that_was_replaced_since_it_was_signed_is_refused(bool otherImage)
    {
        var registry = Registry();
        var (store, image) = await PushedAsync(registry);
        var evidence = SampleImage.Evidence(_folder, image.Digest, PredicateTypes.CycloneDx);
        // As another publish does that has the same output folder.
        SampleImage.WriteBundle(evidence.BundleFile, otherImage ? Digest.Of("other"u8) : image.Digest, otherImage ? PredicateTypes.CycloneDx : PredicateTypes.CosignSignature);
        var before = registry.Requests.Count(request => request.IsWrite);

        await RegistryBench.FailureAsync(() => new EvidenceWriter().AttachAsync(store, image, [evidence], Created, Token), DiagnosticCodes.EvidenceUnusable);

        registry.Requests.Count(request => request.IsWrite).ShouldBe(before);
    }

    [Theory]
    [InlineData("""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}""")]
    [InlineData("""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":-1}""")]
    [InlineData("null")]
    public async Task A_referrer_without_a_whole_bundle_is_passed_over(string layer)
    {
        var image = SampleImage.Write(_folder);
        var store = new LayoutStore(_folder.File("out"), "app", TimeProvider.System);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        var content = System.Text.Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","artifactType":"{{MediaTypes.SigstoreBundle}}","layers":[{{layer}}],
            "subject":{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{image.Root.Digest}}","size":{{image.Root.Size}} } }
            """);
        await store.WriteReferrersAsync(image.Root, [new ManifestContent(SampleImage.Describe(content, MediaTypes.OciManifest), content)], Token);

        (await new EvidenceReader().ListAsync(store, image.Root, Token)).ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var registry in _registries)
            await registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private TestRegistry Registry(TestRegistryOptions? options = null)
    {
        var registry = new TestRegistry(options);
        _registries.Add(registry);
        return registry;
    }

    private async Task<(RegistryStore Store, Descriptor Image)> PushedAsync(TestRegistry registry)
    {
        var image = SampleImage.Write(_folder);
        var store = _bench.Store(registry.Host);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        return (store, image.Root);
    }
}
