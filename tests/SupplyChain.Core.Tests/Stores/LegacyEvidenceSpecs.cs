using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>Two publishes of one image put their signatures under one tag, in the same moment.</summary>
public sealed class LegacyEvidenceSpecs : IAsyncDisposable
{
    private static readonly string Tag = LegacyEvidence.AttestationTag(Digest.Of("an image"u8));

    private readonly TestRegistry _registry = new();
    private readonly RegistryBench _bench = new();
    private int _interrupted;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
    }

    [Fact]
    public async Task A_writer_that_was_overtaken_looks_again_before_it_sets_the_tag_and_takes_nothing_away()
    {
        _registry.Before = call =>
        {
            // Ours has read the tag, and is about to write.
            if (call is { Method: "PUT" } && call.Path.Contains("/manifests/sha256:") && Interlocked.Exchange(ref _interrupted, 1) == 0)
                Add("theirs").GetAwaiter().GetResult();
            return null;
        };

        await Add("ours");

        await ShouldHoldAsync("ours", "theirs");
        TagWrites().ShouldBe(2, "nothing of theirs was ever taken away");
    }

    [Fact]
    public async Task What_a_slow_writer_takes_away_after_the_tag_was_set_is_added_again()
    {
        await Add("theirs");
        var before = (await _bench.Store(_registry.Host).ReadTagAsync(Tag, Token))!;
        var stale = new Descriptor(MediaTypes.OciManifest, Digest.Of(before.Content), before.Content.Length);
        _registry.After = (call, reply) =>
        {
            // It looked before our tag was set, and sets its own only now.
            if (call is { Method: "PUT" } && call.Path.EndsWith(Tag, StringComparison.Ordinal) && Interlocked.Exchange(ref _interrupted, 1) == 0)
                _bench.Store(_registry.Host).SetTagAsync(Tag, stale, Token).GetAwaiter().GetResult();
            return reply;
        };

        await Add("ours");

        await ShouldHoldAsync("ours", "theirs");
        _bench.Clock.Waits.ShouldContain(wait => wait >= TimeSpan.FromMilliseconds(250), "it has waited for those who are slow");
    }

    [Fact]
    public async Task What_is_there_is_not_written_again()
    {
        await Add("ours");
        await Add("ours");
        TagWrites().ShouldBe(1);
    }

    private Task Add(string content) => Task.Run(() => new LegacyEvidence(_bench.Store(_registry.Host), _bench.Clock).AddAsync(
        Tag, [new LegacyLayer(LegacyLayer.Envelope, System.Text.Encoding.UTF8.GetBytes(content), new Dictionary<string, string> { [LegacyLayer.PredicateTypeAnnotation] = "x" })], Token));

    private async Task ShouldHoldAsync(params string[] contents) =>
        (await new LegacyEvidence(_bench.Store(_registry.Host), _bench.Clock).ListAsync(Tag, Token)).Select(layer => layer.Digest)
            .ShouldBe(contents.Select(content => Digest.Of(System.Text.Encoding.UTF8.GetBytes(content))), ignoreOrder: true);

    private int TagWrites() => _registry.Calls.Count(call => call.Method == "PUT" && call.Path.EndsWith($"/manifests/{Tag}", StringComparison.Ordinal));
}
