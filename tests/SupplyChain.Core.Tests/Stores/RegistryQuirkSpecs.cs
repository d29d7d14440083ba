using System.Net;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>What the registries that people have do in their own way; docs/registries.md has a row for each.</summary>
public sealed class RegistryQuirkSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly List<TestRegistry> _registries = [];

    [Fact]
    public async Task GitLab_takes_evidence_only_of_an_image_that_it_has()
    {
        var registry = Registry(new TestRegistryOptions { RequireSubject = true });
        await PublishAsync(registry);
    }

    [Fact]
    public async Task ECR_wants_the_repository_to_be_made_first_and_the_message_says_so()
    {
        var registry = Registry();
        registry.Before = call => call.Method == "POST" ? TestRegistry.Error(404, "NAME_UNKNOWN", "The repository with name 'team/app' does not exist in the registry") : null;
        var failure = await RegistryBench.FailureAsync(() => PublishAsync(registry), DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain("some registries want the repository to be made first");
        failure.Message.ShouldContain("NAME_UNKNOWN");
    }

    [Fact]
    public async Task ECR_answers_201_to_a_chunk_and_wants_5_MiB_in_each()
    {
        var registry = Registry(new TestRegistryOptions { SmallestChunk = 5 * 1024 * 1024 });
        registry.After = (call, reply) => call.Method == "PATCH" && reply.Status == 202 ? reply with { Status = 201 } : reply;
        var content = SampleImage.Bytes(11 * 1024 * 1024, "ecr");
        await _bench.Store(registry.Host).WriteBlobAsync(SampleImage.Describe(content), () => new MemoryStream(content), Token);
        var sizes = registry.Calls.Where(call => call.Method == "PATCH").Select(call => long.Parse(call.Headers["Content-Length"])).ToArray();
        sizes.SkipLast(1).ShouldAllBe(size => size >= 5 * 1024 * 1024);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GHCR_has_no_referrers_or_an_empty_list_of_them_and_refuses_deletions(bool empty)
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = empty, EmptyReferrers = empty });
        registry.Before = call => call.Method == "DELETE" ? TestRegistry.Error(405, "UNSUPPORTED", "The operation is unsupported.") : null;
        await PublishAsync(registry);
        registry.Requests.ShouldNotContain(request => request.Method == "DELETE");
        registry.Requests.ShouldContain(request => request.Method == "PUT" && request.Path.Contains("/manifests/sha256-"));
    }

    [Theory]
    [InlineData(400, "UNSUPPORTED")]
    [InlineData(403, "DENIED")]
    [InlineData(405, "UNSUPPORTED")]
    [InlineData(406, "UNSUPPORTED")]
    [InlineData(501, "UNSUPPORTED")]
    public async Task ACR_and_others_answer_a_question_for_referrers_in_their_own_words(int status, string code)
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
        registry.Before = call => call.Path.Contains("/referrers/") ? TestRegistry.Error(status, code, "not supported") : null;
        await PublishAsync(registry);
    }

    [Fact]
    public async Task Artifactory_and_others_answer_a_question_for_referrers_with_a_page_of_their_web_front_end()
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false });
        registry.Before = call => call.Path.Contains("/referrers/") ? new HttpReply(200, "<html></html>"u8.ToArray(), ("Content-Type", "text/html")) : null;
        await PublishAsync(registry);
    }

    [Fact]
    public async Task Quay_refuses_types_of_manifests_and_its_words_are_shown()
    {
        var registry = Registry();
        registry.Before = call => call.Method == "PUT" && call.Headers.GetValueOrDefault("Content-Type") == MediaTypes.OciManifest && registry.Requests.Any(r => r.Path.Contains("/referrers/"))
            ? TestRegistry.Error(400, "MANIFEST_INVALID", "manifest schema version not supported: config media type")
            : null;
        var failure = await RegistryBench.FailureAsync(() => PublishAsync(registry), DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain("400 MANIFEST_INVALID (manifest schema version not supported: config media type)");
        registry.Tag("team/app", "1.0").ShouldBeNull();
    }

    [Theory]
    [InlineData(412, "PRECONDITION", "Failed to process request due to 'app:sha256-…' configured as immutable.")]
    [InlineData(400, "TAG_INVALID", "The image tag already exists and cannot be overwritten because the repository is immutable.")]
    public async Task Immutable_tags_in_Harbor_and_ECR_reach_the_evidence_and_the_message_says_what_to_exclude(int status, string code, string message)
    {
        var registry = Registry(new TestRegistryOptions { ReferrersApi = false, ImmutableTags = TestRegistry.Error(status, code, message) });
        var (image, _) = await PublishAsync(registry);
        var failure = await RegistryBench.FailureAsync(
            () => new EvidenceWriter().AttachAsync(_bench.Store(registry.Host), image.Root, [SampleImage.Evidence(_folder, image.Root.Digest, text: "later")], Created, Token),
            DiagnosticCodes.RegistryError);
        failure.Message.ShouldContain("exclude sha256-*");
    }

    [Fact]
    public async Task A_registry_that_refuses_to_mount_gets_the_layer()
    {
        var registry = Registry();
        registry.Before = call => call.Query("mount") is not null ? TestRegistry.Error(403, "DENIED", "no access to base/runtime") : null;
        var image = SampleImage.Write(_folder);
        var pushed = await new ImagePusher().PushAsync(image, _bench.Store(registry.Host, change: s => s with { MountFrom = "base/runtime" }), SampleImage.Passed(image), Token);
        pushed.UploadedBlobs.ShouldBe(3);
    }

    [Fact]
    public async Task Docker_registry_that_finds_another_digest_while_somebody_else_writes_is_given_the_manifest_again()
    {
        var registry = Registry();
        var refused = 0;
        registry.Before = call => call.Method == "PUT" && call.Path.Contains("/manifests/") && refused++ % 2 == 0 ? TestRegistry.Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content") : null;
        await PublishAsync(registry);
        refused.ShouldBe(2 * 4); // the image, two pieces of evidence, and the tag

        registry.Before = call => call.Method == "PUT" && call.Path.EndsWith("/2.0", StringComparison.Ordinal) ? TestRegistry.Error(400, "DIGEST_INVALID", "provided digest did not match uploaded content") : null;
        var image = SampleImage.Write(_folder);
        await RegistryBench.FailureAsync(() => _bench.Store(registry.Host).SetTagAsync("2.0", image.Root, Token), DiagnosticCodes.RegistryError);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(501)]
    public async Task A_registry_that_knows_no_conditions_is_asked_without_them(int status)
    {
        var registry = Registry();
        registry.Before = call => call.Headers.ContainsKey("If-None-Match") ? TestRegistry.Error(status, "UNSUPPORTED", "no conditions") : null;
        await PublishAsync(registry);
    }

    [Fact]
    public async Task A_registry_behind_a_proxy_is_reached_through_it_and_only_through_it()
    {
        var registry = Registry();
        _bench.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = "registry.test:5000";
        using var handler = RegistryHttp.CreateHandler();
        handler.Proxy = new ProxyBeyondLoopback(new WebProxy($"http://{registry.Host}"));
        using var http = new HttpClient(handler);
        var store = new RegistryStore(new ImageReference("registry.test:5000", "team/app"), http, new FixedCredentials(null), _bench.Settings);
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        registry.Manifest("team/app", image.Root.Digest.ToString()).ShouldNotBeNull();
        registry.Calls.ShouldAllBe(call => call.Headers["Host"] == "registry.test:5000");
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

    /// <summary>A whole publish: it has the tag, and the evidence can be read back.</summary>
    private async Task<(ImageLayout Image, PushedImage Pushed)> PublishAsync(TestRegistry registry)
    {
        var (image, store) = (SampleImage.Write(_folder), _bench.Store(registry.Host));
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        await new EvidenceWriter().AttachAsync(store, image.Root, [SampleImage.Evidence(_folder, image.Root.Digest), SampleImage.Evidence(_folder, image.Root.Digest, PredicateTypes.CycloneDx)], Created, Token);
        await new Tagger().TagAsync(store, pushed, ["1.0"], TagPolicy.Default, Token);
        (await new EvidenceReader().ListAsync(_bench.Store(registry.Host), image.Root, Token)).Count.ShouldBe(2);
        registry.Tag("team/app", "1.0").ShouldBe(image.Root.Digest.ToString());
        return (image, pushed);
    }
}
