using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

/// <summary>What a push does while it takes long, and when it is told to stop.</summary>
public sealed class PushTimeSpecs : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private TestRegistry _registry = new();

    [Fact]
    public async Task Cancelling_ends_a_push_at_once()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _registry.Before = call =>
        {
            if (call.Method == "PUT")
                cancel.Cancel();
            return call.Method == "PUT" ? TestRegistry.Error(503, "UNAVAILABLE", "") : null;
        };
        var image = SampleImage.Write(_folder);
        await Should.ThrowAsync<OperationCanceledException>(() => new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), cancel.Token));
    }

    [Fact]
    public async Task Cancelling_ends_a_push_that_waits_for_an_answer_and_one_that_waits_before_it_tries_again()
    {
        foreach (var options in new[] { new TestRegistryOptions { Latency = TimeSpan.FromMinutes(10) }, new TestRegistryOptions() })
        {
            // A second, as promised. A busy machine gets three tries: without the cancellation both would go on for minutes.
            var inTime = false;
            for (var attempt = 0; attempt < 3 && !inTime; attempt++)
                inTime = await CancelledInTimeAsync(options);
            inTime.ShouldBeTrue();
        }
    }

    private async Task<bool> CancelledInTimeAsync(TestRegistryOptions options)
    {
        await UseAsync(options);
        _registry.Before = _ => TestRegistry.Error(503, "UNAVAILABLE", "", ("Retry-After", "100"));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var image = SampleImage.Write(_folder);
        var push = new ImagePusher().PushAsync(image, _bench.Store(_registry.Host, change: s => s with { Clock = TimeProvider.System, Retries = RetryPolicy.Default(TimeProvider.System, _bench.Log.Enqueue) }), SampleImage.Passed(image), cancel.Token);
        await Task.WhenAny(push, Task.Delay(200, Token));
        push.IsCompleted.ShouldBeFalse();
        var limit = Task.Delay(TimeSpan.FromSeconds(1), Token);
        await cancel.CancelAsync();
        var first = await Task.WhenAny(push, limit);
        await Should.ThrowAsync<OperationCanceledException>(push);
        return first == push;
    }

    [Fact]
    public async Task A_push_that_takes_longer_than_its_limit_is_given_up_with_what_to_set()
    {
        await UseAsync(new TestRegistryOptions { Latency = TimeSpan.FromMinutes(10) });
        var image = SampleImage.Write(_folder);
        var failure = await RegistryBench.FailureAsync(
            () => new ImagePusher { TimeLimit = TimeSpan.FromMilliseconds(100) }.PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token),
            DiagnosticCodes.PushTooSlow);
        failure.Message.ShouldContain("SupplyChainPushTimeLimitMinutes");
    }

    [Fact]
    public async Task A_long_upload_says_how_far_it_is_and_a_short_one_says_nothing()
    {
        var lines = new List<string>();
        var image = SampleImage.Write(_folder, "long", 2_000_000);
        await new ImagePusher { Say = lines.Add }.PushAsync(image, _bench.Store(_registry.Host, "team/short"), SampleImage.Passed(image), Token);
        lines.ShouldBeEmpty();

        var clock = new StepClock();
        _registry.After = (call, reply) =>
        {
            if (call.Method == "PUT" && call.Path.Contains("/uploads/"))
                clock.Tick();
            return reply;
        };
        await new ImagePusher(1) { Say = lines.Add, Clock = clock }.PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token);
        lines.Count.ShouldBe(3);
        lines[0].ShouldMatch(@"^uploading: \d of 3 MB \(\d+ %\) in \d+ s$");
    }

    [Fact]
    public async Task Every_attempt_is_in_the_log_with_its_answer()
    {
        FailFirst("PUT", "/manifests/", TestRegistry.Error(503, "UNAVAILABLE", "restarting"));
        var image = await PushAsync();
        _bench.Log.Count(line => line.StartsWith($"PUT http://{_registry.Host}/v2/team/app/manifests/{image.Root.Digest}: ")).ShouldBe(2);
        _bench.Log.Count(line => line.StartsWith("HEAD ") || line.StartsWith("GET ") || line.StartsWith("POST ") || line.StartsWith("PUT ")).ShouldBe(_registry.Requests.Count);
    }

    /// <summary>The timer of the progress fires when it is told to; all others when they are due.</summary>
    private sealed class StepClock : TimeProvider
    {
        private Action _tick = () => { };

        public void Tick() => _tick();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period != TimeSpan.FromSeconds(5))
                return System.CreateTimer(callback, state, dueTime, period);
            _tick = () => callback(state);
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private async Task<ImageLayout> PushAsync()
    {
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, _bench.Store(_registry.Host), SampleImage.Passed(image), Token);
        return image;
    }

    private async Task UseAsync(TestRegistryOptions options)
    {
        await _registry.DisposeAsync();
        _registry = new TestRegistry(options);
    }

    private void FailFirst(string method, string path, HttpReply fault)
    {
        var failed = 0;
        _registry.Before = call => call.Method == method && call.Path.Contains(path) && Interlocked.Exchange(ref failed, 1) == 0 ? fault : null;
    }
}
