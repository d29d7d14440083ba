using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Build.Tasks;

/// <summary>Fetches the bill of materials of any image, verified, writes it as a file and prints its packages.</summary>
public sealed class DownloadSbom : ExaminationTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var settings = ReadSettings(values);
        var image = await ExamineAsync(values, settings, [], cancellationToken);
        var statement = SbomTable.Types.Select(image.Find).OfType<ExaminedStatement>().FirstOrDefault() ?? throw new DiagnosticException(
            DiagnosticCodes.VerificationFailed,
            $"{image.Reference} has no bill of materials ({PredicateTypes.CycloneDx} or {PredicateTypes.Spdx}) of {settings.Signer.DisplayName}. Nothing was written.");
        var name = $"{settings.Reference.Repository.Split('/')[^1]}.{(statement.PredicateType == PredicateTypes.CycloneDx ? "cdx" : "spdx")}.json";
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(values.Path("OutputDirectory")!, "downloaded")).FullName, name);
        var document = SbomTable.Document(statement.Content);
        await File.WriteAllBytesAsync(file, document, cancellationToken);
        var lines = SbomTable.Lines(document);
        Print(lines);
        Say($"SBOM of {Amounts.Count(lines.Count - 1, "component")} of {image.Reference}, signed by {statement.SignedBy}: {Relative(file)}");
    }
}
