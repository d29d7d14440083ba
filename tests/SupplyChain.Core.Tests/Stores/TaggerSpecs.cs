using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class TaggerSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly List<TestRegistry> _registries = [];

    [Fact]
    public async Task Tags_are_set_and_set_again_without_a_second_write()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        var image = await PushedAsync(store, "one");
        (await new Tagger().TagAsync(store, image, ["1.0", "latest"], TagPolicy.Default, Token)).ShouldBe(["1.0", "latest"]);
        registry.Tag("team/app", "1.0").ShouldBe(image.Digest.ToString());
        var writes = registry.Requests.Count(r => r.IsWrite);

        (await new Tagger().TagAsync(store, image, ["1.0", "latest"], TagPolicy.Default, Token)).ShouldBeEmpty();
        registry.Requests.Count(r => r.IsWrite).ShouldBe(writes);
    }

    [Fact]
    public async Task A_tag_that_points_elsewhere_is_refused_before_any_other_tag_is_set()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        var first = await PushedAsync(store, "one");
        await new Tagger().TagAsync(store, first, ["1.0"], TagPolicy.Default, Token);
        var second = await PushedAsync(store, "two");

        var failure = await RegistryBench.FailureAsync(() => new Tagger().TagAsync(store, second, ["2.0", "1.0"], TagPolicy.Default, Token), DiagnosticCodes.TagPointsElsewhere);

        failure.Message.ShouldBe($"tag 1.0 in {registry.Host}/team/app already points to {first.Digest.Short}, this image is {second.Digest.Short}. Publish a new version, or list the tag in SupplyChainMutableTags.");
        registry.Tag("team/app", "2.0").ShouldBeNull();
    }

    [Theory]
    [InlineData("latest", true)]
    [InlineData("preview-7", true)]
    [InlineData("a-x-b-y-c", true)]
    [InlineData("a-x-b-y", false)]
    [InlineData("1.0", false)]
    [InlineData("latest2", false)]
    public void Tags_move_only_where_the_policy_lists_them(string tag, bool moves) =>
        new TagPolicy(true, ["latest", "preview-*", "a*b*c"]).MayMove(tag).ShouldBe(moves);

    [Fact]
    public async Task A_mutable_tag_moves()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        await new Tagger().TagAsync(store, await PushedAsync(store, "one"), ["latest"], TagPolicy.Default, Token);
        var second = await PushedAsync(store, "two");
        await new Tagger().TagAsync(store, second, ["latest"], TagPolicy.Default, Token);
        registry.Tag("team/app", "latest").ShouldBe(second.Digest.ToString());
    }

    [Theory]
    [InlineData(412, "PRECONDITION", "Failed to process request due to 'app:latest' configured as immutable.")]
    [InlineData(400, "TAG_INVALID", "The image tag 'latest' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.")]
    [InlineData(403, "DENIED", "tag is immutable")]
    public async Task A_registrys_own_refusal_to_move_a_tag_is_one_code(int status, string code, string message)
    {
        var registry = Registry(new TestRegistryOptions { ImmutableTags = TestRegistry.Error(status, code, message) });
        var store = _bench.Store(registry.Host);
        var first = await PushedAsync(store, "one");
        await new Tagger().TagAsync(store, first, ["latest"], TagPolicy.Default, Token);
        await store.SetTagAsync("latest", first.Root, Token); // refused by the registry, and right all the same
        var second = await PushedAsync(store, "two");
        var failure = await RegistryBench.FailureAsync(() => new Tagger().TagAsync(store, second, ["latest"], TagPolicy.Default, Token), DiagnosticCodes.TagPointsElsewhere);
        failure.Message.ShouldContain(code);
    }

    [Fact]
    public async Task A_tag_that_does_not_stay_is_caught()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        var first = await PushedAsync(store, "one");
        var second = await PushedAsync(store, "two");
        registry.Before = call => call.Method == "PUT" && call.Path.EndsWith("/1.0", StringComparison.Ordinal) ? new HttpReply(201, []) : null;
        await RegistryBench.FailureAsync(() => new Tagger().TagAsync(store, first, ["1.0"], TagPolicy.Default, Token), DiagnosticCodes.RegistryReadBackDiffers);
        registry.Before = _ => null;
        registry.After = (call, reply) =>
        {
            if (call.Method == "PUT" && call.Path.EndsWith("/1.0", StringComparison.Ordinal))
                registry.AddManifest("team/app", MediaTypes.OciManifest, registry.Manifest("team/app", second.Digest.ToString())!, "1.0");
            return reply;
        };
        await RegistryBench.FailureAsync(() => new Tagger().TagAsync(store, first, ["1.0"], TagPolicy.Default, Token), DiagnosticCodes.TagPointsElsewhere); // as one that lost a race
    }

    [Fact]
    public async Task A_registry_that_answers_403_for_a_tag_that_does_not_exist_can_be_tagged()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        var image = await PushedAsync(store, "one");
        registry.After = (call, reply) => call.Path.EndsWith("/1.0", StringComparison.Ordinal) && reply.Status == 404 ? TestRegistry.Error(403, "DENIED", "forbidden") : reply;
        await new Tagger().TagAsync(store, image, ["1.0"], TagPolicy.Default, Token);
        registry.Tag("team/app", "1.0").ShouldBe(image.Digest.ToString());
    }

    [Fact]
    public async Task A_tag_is_resolved_by_its_bytes_where_the_registry_sends_no_digest()
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        var image = await PushedAsync(store, "one");
        registry.After = (_, reply) => reply.Without("Docker-Content-Digest");
        await new Tagger().TagAsync(store, image, ["1.0"], TagPolicy.Default, Token);
        (await store.ResolveTagAsync("1.0", Token)).ShouldBe(image.Digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a/b")]
    [InlineData("a?x=1")]
    [InlineData("../../other/manifests/1")]
    public async Task What_is_no_tag_never_reaches_the_registry(string tag)
    {
        var registry = Registry();
        var store = _bench.Store(registry.Host);
        await RegistryBench.FailureAsync(() => new Tagger().CheckAsync(store, Digest.Of([]), [tag], TagPolicy.Default, Token), DiagnosticCodes.TagUnusable);
        registry.Requests.ShouldBeEmpty();
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

    private async Task<PushedImage> PushedAsync(IImageStore store, string text)
    {
        var image = SampleImage.Write(_folder, text);
        return await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
    }
}
