using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>The SDK alone: build the image and push it. Nothing is known about it afterwards.</summary>
internal sealed class SdkPublish(Workbench bench) : IPublish
{
    private TestProject? _project;

    public char Letter => 'a';

    public string Description => "the SDK alone: build and push";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync("a", withPackage: false, cancellationToken);
        var clock = new PublishClock();
        var run = await _project.DotnetAsync(
            cancellationToken,
            "publish", "--no-restore", "/t:PublishContainer", $"-p:ContainerRegistry={bench.Host}", "-p:ContainerRepository=hello-a", $"-p:ContainerImageTag={tag}");
        var measurement = clock.Stop([]);
        run.Succeeded();
        await bench.DigestAsync($"{bench.Host}/hello-a:{tag}", cancellationToken);
        return measurement;
    }
}
