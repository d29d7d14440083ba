using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Build.Tasks;

/// <summary>Verifies any image and prints who signed what and when; fails with the reason where it is not as expected.</summary>
public sealed class VerifyImage : ExaminationTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var settings = ReadSettings(values);
        var required = BuildParameters.Attestations(settings.Kinds, [], scan: true);
        var image = await ExamineAsync(values, settings, required, cancellationToken);
        Print(StatementSummary.Lines(image));
        if (settings.Kinds.Contains(AttestationKind.Sbom) && SbomTable.Types.All(type => image.Find(type) is null))
            throw new DiagnosticException(
                DiagnosticCodes.VerificationFailed,
                $"{image.Reference} has no bill of materials ({PredicateTypes.CycloneDx} or {PredicateTypes.Spdx}) of {settings.Signer.DisplayName}. If it needs none, leave Sbom out of SupplyChainAttestations.");
        settings.Policy.Require(image);
        Say("verified");
    }
}
