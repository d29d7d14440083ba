using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>
/// Each kind of fault at each request of a whole publish: push, evidence, read back, tag. It ends complete and tagged, or with a code and untagged; the same
/// command again then succeeds, and sends only what is missing.
/// </summary>
[Trait("Category", "Slow")]
public sealed class GeneratedFaultSpecs : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset Created = new(2026, 11, 23, 6, 12, 0, TimeSpan.Zero);
    private static readonly string[] Types = [PredicateTypes.CosignSignature, PredicateTypes.CycloneDx];
    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, SignedEvidence> _evidence = [];

    /// <summary>Instead of an answer, or of the answer that the registry gives after it has done what was asked.</summary>
    private static readonly (string Name, Func<HttpReply?> Before, Func<HttpReply, HttpReply>? After)[] Faults =
    [
        ("500", () => TestRegistry.Error(500, "UNKNOWN", "oops"), null),
        ("503 with Retry-After", () => TestRegistry.Error(503, "UNAVAILABLE", "restarting", ("Retry-After", "3")), null),
        ("429", () => TestRegistry.Error(429, "TOOMANYREQUESTS", "slow down"), null),
        ("408", () => TestRegistry.Error(408, "TIMEOUT", "too slow"), null),
        ("400", () => TestRegistry.Error(400, "UNSUPPORTED", "no"), null),
        ("403", () => TestRegistry.Error(403, "DENIED", "no"), null),
        ("404", () => TestRegistry.Error(404, "NAME_UNKNOWN", "no"), null),
        ("reset", () => HttpReply.Reset(), null),
        ("reset in the body", () => HttpReply.Reset(10), null),
        ("a page of HTML", () => new HttpReply(200, "<html>login</html>"u8.ToArray(), ("Content-Type", "text/html")), null),
        ("the answer is lost", () => null, _ => HttpReply.Reset()),
        ("the answer breaks off", () => null, reply => reply with { TruncateAfter = reply.Body.Length / 2 }),
        ("500 after it was done", () => null, _ => TestRegistry.Error(500, "UNKNOWN", "oops")),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_fault_at_every_request_ends_complete_and_tagged_or_with_a_code_and_untagged(bool referrersApi)
    {
        var image = SampleImage.Write(_folder);
        foreach (var type in Types)
            _evidence[type] = SampleImage.Evidence(_folder, image.Root.Digest, type);
        var requests = await CountAsync(image, referrersApi);
        var runs = Enumerable.Range(1, requests).SelectMany(index => Faults.Select(fault => (index, fault))).ToArray();
        runs.Length.ShouldBeGreaterThanOrEqualTo(200);
        var (tagged, untagged) = (0, 0);
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token }, async (run, _) =>
        {
            var what = $"{run.fault.Name} at request {run.index} of {requests}";
            await using var registry = new TestRegistry(new TestRegistryOptions { ReferrersApi = referrersApi });
            using var bench = new RegistryBench();
            var number = 0;
            HttpCall? struck = null;
            registry.Before = call =>
            {
                if (Interlocked.Increment(ref number) != run.index)
                    return null;
                struck = call;
                return run.fault.Before();
            };
            registry.After = (call, reply) => ReferenceEquals(call, struck) && run.fault.After is { } after ? after(reply) : reply;

            var failure = await EndAsync(() => PublishAsync(bench.Store(registry.Host), image));
            struck.ShouldNotBeNull(what);
            registry.Before = _ => null;
            registry.After = (_, reply) => reply;
            if (failure is null)
            {
                registry.Tag("team/app", "1.0").ShouldBe(image.Root.Digest.ToString(), what);
                await ShouldBeCompleteAsync(bench.Store(registry.Host), image, what);
                Interlocked.Increment(ref tagged);
                return;
            }
            registry.Tag("team/app", "1.0").ShouldBeNull($"{what}: {failure.Message}");
            Interlocked.Increment(ref untagged);

            var there = image.ListBlobs().Where(blob => registry.HasBlob("team/app", blob.Digest.ToString())).Select(blob => blob.Digest.ToString()).ToHashSet();
            var before = registry.Calls.Count;
            (await EndAsync(() => PublishAsync(bench.Store(registry.Host), image)))?.Message.ShouldBeNull($"{what}, again");
            registry.Calls.Skip(before).Where(call => call.Method == "PUT" && call.Query("digest") is { } digest && there.Contains(digest)).ShouldBeEmpty($"{what}: sent again");
            registry.Tag("team/app", "1.0").ShouldBe(image.Root.Digest.ToString(), what);
            await ShouldBeCompleteAsync(bench.Store(registry.Host), image, what);
        });
        (tagged + untagged).ShouldBe(runs.Length);
        tagged.ShouldBeGreaterThan(untagged);
        untagged.ShouldBeGreaterThan(0);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<int> CountAsync(ImageLayout image, bool referrersApi)
    {
        await using var registry = new TestRegistry(new TestRegistryOptions { ReferrersApi = referrersApi });
        using var bench = new RegistryBench();
        await PublishAsync(bench.Store(registry.Host), image);
        return registry.Calls.Count;
    }

    private async Task PublishAsync(IImageStore store, ImageLayout image)
    {
        await new Tagger().CheckAsync(store, image.Root.Digest, ["1.0"], TagPolicy.Default, Token);
        var pushed = await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
        await new EvidenceWriter().AttachAsync(store, image.Root, [.. Types.Select(type => _evidence[type])], Created, Token);
        await ShouldBeCompleteAsync(store, image, "read back");
        await new Tagger().TagAsync(store, pushed, ["1.0"], TagPolicy.Default, Token);
    }

    /// <summary>As the verification does it: what is missing is an error with a code, and no tag is set.</summary>
    private static async Task ShouldBeCompleteAsync(IImageStore store, ImageLayout image, string what)
    {
        var found = new List<string>();
        foreach (var stored in await new EvidenceReader().ListAsync(store, image.Root, Token))
            found.Add(Bundle.Parse(await new EvidenceReader().ReadBundleAsync(store, stored, Token)).Statement.PredicateType);
        if (Types.Except(found).FirstOrDefault() is { } missing)
            throw new DiagnosticException(DiagnosticCodes.VerificationFailed, $"{what}: {missing} of {image.Root.Digest.Short} is missing");
    }

    private static async Task<DiagnosticException?> EndAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (DiagnosticException failure)
        {
            return failure;
        }
    }
}
