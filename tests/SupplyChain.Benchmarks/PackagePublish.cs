using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>With SupplyChain.Build and a key: the same command and one property more.</summary>
/// <param name="again">Right after a publish of the same sources under the same tag.</param>
/// <param name="least">Only the evidence that the usual commands by hand make.</param>
internal sealed class PackagePublish(Workbench bench, bool again = false, bool least = false) : IPublish
{
    private TestProject? _project;

    public char Letter => again ? 'f' : least ? 'g' : 'b';

    public string Description => again
        ? "with SupplyChain.Build, nothing changed since the publish before"
        : least
        ? "with SupplyChain.Build and the evidence of c: one SBOM, signature, one attestation; both verified"
        : "with SupplyChain.Build: also SBOMs, scan, gate, signature, four attestations, verification of each";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync(Letter.ToString(), withPackage: true, cancellationToken);
        Workbench.Change(_project, tag);
        if (again)
            (await DotnetAsync(_project, tag, cancellationToken)).Succeeded();
        var receiptFile = _project.Path("bin/Release/net10.0/supply-chain/receipt.json");
        var clock = new PublishClock();
        var run = await DotnetAsync(_project, tag, cancellationToken);
        var measurement = clock.Stop([]);
        run.Succeeded();
        if (again != run.Output.Contains("nothing to add", StringComparison.Ordinal))
            throw new InvalidOperationException($"Something else was measured than the row says:\n{run.Output}");

        return measurement with { Steps = await Receipt.CheckAsync(receiptFile, $"{bench.Host}/hello-{Letter}:{tag}", bench, cancellationToken) };
    }

    private Task<DotnetRun> DotnetAsync(TestProject project, string tag, CancellationToken cancellationToken) => project.DotnetAsync(
        cancellationToken,
        [
            "publish", "--no-restore", "/t:PublishContainer", $"-p:ContainerRegistry={bench.Host}", $"-p:ContainerRepository=hello-{Letter}", $"-p:ContainerImageTag={tag}",
            $"-p:SupplyChainSigningKey={bench.KeyFile}", .. least ? ["-p:SupplyChainSbomFormats=CycloneDX", "-p:SupplyChainAttestations=Sbom"] : Array.Empty<string>(),
        ]);
}
