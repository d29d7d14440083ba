using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Build.Tasks;

/// <summary>Holds today's vulnerability database against the bill of materials of an image that was published some time ago, once its signature is verified.</summary>
public sealed class RescanImage : ScannerTask
{
    protected override Task ExecuteAsync(CancellationToken cancellationToken) => ScanAsync(
        async (settings, policy, context, runner, trivy, work) =>
        {
            var examination = ReadSettings(settings);
            var image = await ExamineAsync(settings, examination, [], cancellationToken);
            var statement = SbomTable.Types.Select(image.Find).OfType<ExaminedStatement>().FirstOrDefault() ?? throw new DiagnosticException(
                DiagnosticCodes.VerificationFailed,
                $"{image.Reference} has no bill of materials ({PredicateTypes.CycloneDx} or {PredicateTypes.Spdx}) of {examination.Signer.DisplayName}, so there is nothing to scan again.");
            var output = Path.Combine(settings.Path("OutputDirectory")!, "rescan");
            var sbom = Path.Combine(work, statement.PredicateType == PredicateTypes.CycloneDx ? "sbom.cdx.json" : "sbom.spdx.json");
            await File.WriteAllBytesAsync(sbom, SbomTable.Document(statement.Content), cancellationToken);
            var digest = image.Reference.Digest!.Value;
            var report = await new SourceScanner(runner, trivy).ScanSbomAsync(Request(settings, work, output), sbom, digest, cancellationToken);
            var project = EmptyProject(settings);
            var verdict = Gate.Evaluate(report, policy, project, digest, context with
            {
                Repository = image.Reference.Repository,
                IsOwnProject = false,
                Consequence = "the published image no longer passes: publish it anew",
                ReportFile = Relative(Path.Combine(output, "scan.sarif")),
            });
            Conclude(report, verdict, policy, project, image.Reference, $"{image.Reference} (bill of materials signed by {statement.SignedBy})", output);
        },
        cancellationToken);
}
