using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>Ten services of one solution: published side by side by one command, and by hand one after the other.</summary>
internal sealed class SolutionRow(Workbench bench, bool sameEvidence) : ScaleRow(bench, sameEvidence)
{
    private const int Services = 10;
    private const string Solution = "Some.slnx";

    private TestProject _ours = null!;
    private TestProject _hand = null!;

    public override string Name => "solution";

    public override string Description => $"a solution of {Services} services on one base image";

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        (_ours, _hand) = (await CreateAsync("solution", withPackage: true, cancellationToken), await CreateAsync("solution-by-hand", withPackage: false, cancellationToken));

    public override async Task<Measurement> WithPackageAsync(string tag, CancellationToken cancellationToken)
    {
        Change(_ours, tag);
        var clock = new PublishClock();
        var run = await _ours.DotnetAsync(cancellationToken, ["publish", Solution, .. Arguments(tag)]);
        var measurement = clock.Stop([]);
        run.Succeeded();
        var steps = new List<MeasuredStep>();
        foreach (var service in Names())
            steps.AddRange(await Receipt.CheckAsync(_ours.Path($"{service}/bin/Release/net10.0/supply-chain/receipt.json"), $"{Bench.Host}/ours-{service}:{tag}", Bench, cancellationToken));
        return measurement with { Steps = Sum(steps) };
    }

    public override Task<Measurement> ByHandAsync(string tag, CancellationToken cancellationToken)
    {
        Change(_hand, tag);
        return ByHandAsync(Names().Select(service => new HandWork(_hand, $"hand-{service}", tag) { ProjectFile = _hand.Path($"{service}/{service}.csproj") }), cancellationToken);
    }

    private static IEnumerable<string> Names() => Enumerable.Range(1, Services).Select(number => $"service{number}");

    private static void Change(TestProject solution, string tag)
    {
        foreach (var service in Names())
            solution.Write($"{service}/appsettings.json", $$"""{ "Version": "{{tag}}", "Service": "{{service}}" }""");
    }

    /// <summary>Each is samples/HelloApi under a name of its own.</summary>
    private async Task<TestProject> CreateAsync(string name, bool withPackage, CancellationToken cancellationToken)
    {
        var solution = Bench.NewProject(name);
        File.Delete(solution.ProjectFile);
        File.Delete(solution.Path("Program.cs"));
        var (project, program) = await Workbench.SampleAsync(withPackage, cancellationToken);
        foreach (var service in Names())
        {
            solution.Write($"{service}/{service}.csproj", project.Replace("hello-api", $"ours-{service}", StringComparison.Ordinal));
            solution.Write($"{service}/Program.cs", program);
        }

        solution.Write(Solution, $"<Solution>{string.Concat(Names().Select(service => $"""<Project Path="{service}/{service}.csproj" />"""))}</Solution>");
        (await solution.DotnetAsync(cancellationToken, "restore", Solution)).Succeeded();
        return solution;
    }
}
