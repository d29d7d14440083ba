using System.Globalization;
using System.Text;

namespace SupplyChain.Benchmarks.Scale;

/// <summary>The tables, as Markdown.</summary>
internal static class ScaleTable
{
    /// <summary>The publish's steps that do what Trivy's two runs by hand do.</summary>
    private static readonly string[] Looking = ["EmbedSbom", "ReadProject", "ScanImage", "BuildSbom", "EvaluateGate"];

    private static readonly string[] LookingByHand = ["trivy, report", "trivy, SBOM"];

    public const string WithLess = "By hand is less than what the package does: SDK to archive, tar, Trivy's report and SBOM, crane push, one signature, one attestation, the signature verified, for each image.";

    public const string WithAll = "By hand is what the package does: two SBOMs, scan result and provenance (written before) attested for each image, and everything verified.";

    public static string Write(IReadOnlyList<ScaleResult> results)
    {
        var text = new StringBuilder("| | SupplyChain.Build | by hand | of by hand | CPU | CPU by hand | largest process | by hand |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var result in results)
        {
            var (ours, hand) = (result.Package, result.Hand);
            text.Append(CultureInfo.InvariantCulture, $"| {result.Description} | {ours.Seconds:0.0} s | {hand.Seconds:0.0} s | **{ours.Seconds / hand.Seconds:0.00}** | {ProcessorTime(ours)} | {ProcessorTime(hand)} | {Memory(ours)} | {Memory(hand)} |\n");
            var (looking, byHand) = (ours.SecondsOf(Looking), hand.SecondsOf(LookingByHand));
            if (result.Name == "packages")
                text.Append(CultureInfo.InvariantCulture, $"| of it: scan, bills of materials and verdict; Trivy's report and bill of materials | {looking:0.00} s | {byHand:0.00} s | **{looking / byHand:0.00}** | | | | |\n");
        }

        text.Append("\nWhere the time goes, in ms");
        text.Append(results.Any(result => result.Name == "solution") ? " (of the solution the sum of all its services, which with the package run side by side)" : "");
        text.Append(":\n\n");
        foreach (var result in results)
            text.Append($"- {result.Description}: {Steps(result.Package)}. By hand: {Steps(result.Hand)}.\n");
        return text.ToString();
    }

    private static string Steps(ScaleSide side) => string.Join(", ", side.Measurements[0].Steps.Select(step => step.Name).Select(name =>
        string.Create(CultureInfo.InvariantCulture, $"{name.Replace(',', ':')} {side.SecondsOf(name) * 1000:0}")));

    private static string ProcessorTime(ScaleSide side) => side.Measurements.All(measurement => measurement.ProcessorTime is not null)
        ? string.Create(CultureInfo.InvariantCulture, $"{ResultTable.Median(side.Measurements.Select(measurement => measurement.ProcessorTime!.Value.TotalSeconds)):0.0} s")
        : "-";

    private static string Memory(ScaleSide side) => $"{side.Memory.Megabytes} MB ({side.Memory.Program})";
}
