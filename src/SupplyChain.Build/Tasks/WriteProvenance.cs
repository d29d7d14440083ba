using SupplyChain.Core.Provenance;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;

namespace SupplyChain.Build.Tasks;

/// <summary>Writes where the image comes from (SLSA provenance) and what the scan found, both as documents to be attested.</summary>
public sealed class WriteProvenance : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var (image, build) = (State.Image.Read(), CiBuild.Read(Environment.GetEnvironmentVariable));
        var digest = image.Root.Digest;
        if (State.Scan.ReadOrNull() is { } report && plan.Attestations.Contains(PredicateTypes.Vulnerabilities))
        {
            var result = ScanResult.Write(report, State.ScanTimes.Read(), build, plan.ReferenceTo(digest).ToString());
            State.Attest(AttestedDocument.Write(digest, PredicateTypes.Vulnerabilities, Path.Combine(StateDirectory, "scan.vuln.json"), result.Span));
        }

        if (!plan.Attestations.Contains(PredicateTypes.Provenance))
            return;
        var input = new ProvenanceInput(plan.ProjectFile, plan.Parameters, build)
        {
            Source = await EarlyWork().Source.WaitAsync(cancellationToken),
            BaseImages = BaseImages.Of(image),
            Packages = State.Inventory.Read().Packages,
            Tools = await MadeWithAsync(plan, cancellationToken),
            Version = Package.Version,
            StartedAt = plan.StartedAt,
            FinishedAt = Package.Now(),
        };
        if (input.Source is null)
            Detail("no git repository was found for the provenance: it names no source");
        State.Attest(AttestedDocument.Write(digest, PredicateTypes.Provenance, Path.Combine(plan.OutputDirectory, "provenance.json"), SlsaProvenance.Write(input).Span));
    }

    private async Task<IReadOnlyList<BuildTool>> MadeWithAsync(PublishPlan plan, CancellationToken cancellationToken)
    {
        List<BuildTool> tools = [];
        if (plan.SdkVersion is { } sdk)
            tools.Add(new BuildTool(".NET SDK", "pkg:generic/dotnet-sdk", sdk));
        // Version and hash of the very files that ran; both were looked at before they did.
        foreach (var (tool, name, purl) in new[] { (plan.Trivy ?? (State.Listing.ReadOrNull() is null ? null : plan.Lister), "Trivy", ScanResult.Purl("trivy")), (plan.Grype, "Grype", ScanResult.Purl("grype")), (plan.Cosign, "cosign", "pkg:github/sigstore/cosign") })
        {
            if (tool is not null && await Tools.ReadyAsync(tool, cancellationToken) is var ready)
                tools.Add(new BuildTool(name, purl, ready.Version ?? "") { Sha256 = ready.Sha256 });
        }

        tools.Add(new BuildTool("SupplyChain.Build", "pkg:nuget/SupplyChain.Build", Package.Version));
        return tools;
    }
}
