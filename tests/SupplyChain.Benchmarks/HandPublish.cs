using SupplyChain.TestKit;

namespace SupplyChain.Benchmarks;

/// <summary>The same work by hand; see <see cref="HandCommands"/>.</summary>
/// <param name="everything">With all the evidence that this package makes, and each of it verified; else one SBOM, and the signature verified.</param>
internal sealed class HandPublish(Workbench bench, bool everything = false) : IPublish
{
    private TestProject? _project;

    public char Letter => everything ? 'd' : 'c';

    public string Description => everything
        ? "by hand, with the evidence of b: two SBOMs, scan result, provenance (written before), each attested and verified"
        : "by hand: SDK to archive, tar, trivy (report, SBOM), crane push, cosign sign, attest, verify";

    public async Task<Measurement> PublishAsync(string tag, CancellationToken cancellationToken)
    {
        _project ??= await bench.CreateProjectAsync(Letter.ToString(), withPackage: false, cancellationToken);
        var work = new HandWork(_project, $"hello-{Letter}", tag) { Everything = everything };
        Workbench.Change(_project, tag);
        var (commands, clock) = (new HandCommands(bench), new PublishClock());
        await commands.PublishAsync(work, cancellationToken);
        var measurement = clock.Stop(commands.Steps);
        await commands.CheckAsync(work, cancellationToken);
        return measurement;
    }
}
