namespace SupplyChain.Build.Tests;

/// <summary>Several publishes at the same time, with one home folder, one scanner cache and one registry.</summary>
[Trait("Category", "Slow")]
public sealed class ParallelPublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_projects_that_publish_at_the_same_time_are_both_complete()
    {
        string[] names = ["parallel-one", "parallel-two"];
        var runs = await Task.WhenAll(names.Select(name => workshop.Project().PublishAsync(Cancellation, [.. workshop.To(name), workshop.Signed])));

        foreach (var (name, run) in names.Zip(runs))
        {
            var digest = (await Workshop.RunAsync("crane", "digest", $"{workshop.Registry.Host}/{name}:1.4.0")).StandardOutput.Trim();
            run.Succeeded().Lines[^1].Trim().ShouldBe($"{workshop.Registry.Host}/{name}@{digest}");
            (await workshop.HasCompleteEvidenceAsync($"{workshop.Registry.Host}/{name}@{digest}")).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Two_images_for_one_repository_keep_the_evidence_of_both()
    {
        var runs = await Task.WhenAll(new[] { "1.0.0", "2.0.0" }.Select(tag => workshop.Project().PublishAsync(Cancellation, [.. workshop.To("parallel-tags", tag), workshop.Signed])));
        foreach (var run in runs)
            (await workshop.HasCompleteEvidenceAsync(run.Succeeded().Lines[^1].Trim())).ShouldBeTrue();
    }
}
