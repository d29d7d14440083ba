using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>The SDK alone: build the image and push it, or write it into an archive. Nothing is known about it afterwards.</summary>
/// <param name="toArchive">And nothing has changed since the publish before.</param>
internal sealed class SdkPublish(Workbench bench, bool toArchive = false) : IPublish
{
    private TestProject? _project;

    public char Letter => toArchive ? 'e' : 'a';

    public string Description => toArchive ? "the SDK alone to an archive, nothing changed since the publish before" : "the SDK alone: build and push";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync(Letter.ToString(), withPackage: false, cancellationToken);
        if (!toArchive)
            Workbench.Change(_project, tag);
        var clock = new PublishClock();
        var run = await _project.DotnetAsync(
            cancellationToken,
            "publish", "--no-restore", "/t:PublishContainer", "-p:ContainerRepository=hello-a", $"-p:ContainerImageTag={tag}",
            toArchive ? $"-p:ContainerArchiveOutputPath={_project.Path("obj/image.tar")}" : $"-p:ContainerRegistry={bench.Host}");
        var measurement = clock.Stop([]);
        run.Succeeded();
        if (!toArchive)
            await bench.DigestAsync($"{bench.Host}/hello-a:{tag}", cancellationToken);
        return measurement;
    }
}
