using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>The whole process tree is killed at a certain moment: never a tag without complete evidence, and the next publish works.</summary>
[Trait("Category", "Slow")]
public sealed class KilledPublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_before_the_push_it_has_written_nothing_and_the_next_publish_works()
    {
        await using var registry = new TestRegistry();
        var project = workshop.Project();
        foreach (var file in new[] { "plan.json", "image.tar", "image.json", "scan.json", "verdict.json" })
        {
            var state = project.Path("obj/Release/net10.0/supply-chain");
            if (Directory.Exists(state))
                Directory.Delete(state, recursive: true);
            using var kill = new CancellationTokenSource();
            // However late this process comes to it: the publish gets no further than to its first upload.
            registry.Before = call =>
            {
                if (IsWrite(call))
                    kill.Token.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
                return null;
            };
            var publish = PublishAsync(project, registry, kill.Token);
            while (!File.Exists(Path.Combine(state, file)) && !publish.IsCompleted)
                await Task.Delay(1, Cancellation);
            await kill.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(publish, file);
            registry.Tag("killed", "1.4.0").ShouldBeNull(file);
        }

        registry.Before = _ => null;

        (await PublishAsync(project, registry, Cancellation)).Succeeded();
        (await IsCompleteAsync(registry)).ShouldBeTrue();
    }

    /// <summary>The process dies in the moment in which the registry has got a certain request and before it sees the answer; the last of them sets the tag.</summary>
    [Fact]
    public async Task Killed_at_any_write_to_the_registry_it_leaves_no_tag_without_complete_evidence_and_the_next_publish_works()
    {
        await using var registry = new TestRegistry();
        var project = workshop.Project();
        // The first publish uploads the base image; from then on each writes as much as the others.
        (await PublishAsync(project, registry, Cancellation)).Succeeded();
        var before = registry.Calls.Count(IsWrite);
        (await PublishAsync(project, registry, Cancellation)).Succeeded();
        var writes = registry.Calls.Count(IsWrite) - before;
        foreach (var last in new[] { writes / 2, writes - 4, writes - 3, writes - 2, writes - 1 })
        {
            var written = -1;
            using var kill = new CancellationTokenSource();
            registry.Before = call =>
            {
                if (IsWrite(call) && Interlocked.Increment(ref written) == last)
                    kill.Cancel();
                return null;
            };
            // Another image each time; the tag of the publish before may have been set.
            project.Write("Program.cs", $"Console.WriteLine({last});");
            var publish = PublishAsync(project, registry, kill.Token);
            await Should.ThrowAsync<OperationCanceledException>(publish, $"write {last} of {writes}");
            registry.Before = _ => null;
            if (registry.Tag("killed", "1.4.0") is not null)
                (await IsCompleteAsync(registry)).ShouldBeTrue($"killed at write {last} of {writes}");
        }

        (await PublishAsync(project, registry, Cancellation)).Succeeded();
        (await IsCompleteAsync(registry)).ShouldBeTrue();
    }

    private Task<DotnetRun> PublishAsync(TestProject project, TestRegistry registry, CancellationToken cancellationToken) =>
        project.PublishAsync(cancellationToken, [.. workshop.To("killed", host: registry.Host), workshop.Signed, "-p:SupplyChainMutableTags=1.4.0", AnotherImageEachTime, DotnetCli.OwnCompiler]);

    private Task<bool> IsCompleteAsync(TestRegistry registry) => workshop.HasCompleteEvidenceAsync($"{registry.Host}/killed@{registry.Tag("killed", "1.4.0")}");

    private const string AnotherImageEachTime = "-p:SupplyChainReproducible=false";

    private static bool IsWrite(HttpCall call) => call.Method is not ("GET" or "HEAD");
}
