using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>One application on a base image of its own.</summary>
internal sealed class ImageRow(Workbench bench, bool sameEvidence, string name, string description) : ScaleRow(bench, sameEvidence)
{
    private string _base = "";
    private TestProject _ours = null!;
    private TestProject _hand = null!;

    public override string Name => name;

    public override string Description => description;

    /// <summary>Writes the base image into a folder; its layout.</summary>
    public required Func<BaseVariant, CancellationToken, Task<string>> Base { get; init; }

    /// <summary>Makes the projects, with and without the package.</summary>
    public Func<string, bool, CancellationToken, Task<TestProject>> Project { get; init; } = bench.CreateProjectAsync;

    /// <summary>More arguments of the SDK.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    public bool SeveralPlatforms { get; init; }

    /// <summary>Each publish goes into a repository that is not there yet, so that the layers of the base image are carried too.</summary>
    public bool NewRepository { get; init; }

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var folder = Bench.Folder($"{name}-base");
        _base = await Bench.PushBaseAsync(await Base(await BaseVariant.CreateAsync(folder, cancellationToken), cancellationToken), $"base/{name}", cancellationToken);
        Directory.Delete(folder, recursive: true);
        (_ours, _hand) = (await Project(name, true, cancellationToken), await Project($"{name}-by-hand", false, cancellationToken));
    }

    public override async Task<Measurement> WithPackageAsync(string tag, CancellationToken cancellationToken)
    {
        Workbench.Change(_ours, tag);
        var repository = Repository("ours", tag);
        var clock = new PublishClock();
        var run = await _ours.DotnetAsync(cancellationToken, ["publish", .. Arguments(tag), $"-p:ContainerRepository={repository}", $"-p:ContainerBaseImage={_base}", .. More]);
        var measurement = clock.Stop([]);
        run.Succeeded();
        return measurement with { Steps = await Receipt.CheckAsync(_ours.Path("bin/Release/net10.0/supply-chain/receipt.json"), $"{Bench.Host}/{repository}:{tag}", Bench, cancellationToken) };
    }

    public override Task<Measurement> ByHandAsync(string tag, CancellationToken cancellationToken)
    {
        Workbench.Change(_hand, tag);
        return ByHandAsync([new HandWork(_hand, Repository("hand", tag), tag) { Arguments = [$"-p:ContainerBaseImage={_base}", .. More], SeveralPlatforms = SeveralPlatforms }], cancellationToken);
    }

    private string Repository(string whose, string tag) => NewRepository ? $"{whose}-{name}/{tag}" : $"{whose}-{name}";
}
