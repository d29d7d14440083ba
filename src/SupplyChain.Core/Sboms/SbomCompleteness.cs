using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>Says to people what the document says to machines by <c>compositions</c>: what is missing, and what to do.</summary>
public static class SbomCompleteness
{
    /// <returns>One SCB2001 (a warning) for each thing that is missing; empty when nothing is.</returns>
    public static IReadOnlyList<Diagnostic> Check(Sbom sbom) =>
        [.. sbom.Gaps.Select(sentence => new Diagnostic(DiagnosticCodes.SbomIncomplete, $"the bill of materials is incomplete: {sentence}"))];

    internal static IReadOnlyList<string> Gaps(ProjectInventory inventory, ScanReport? report, IReadOnlyList<string> missingRuntime)
    {
        var missing = inventory.Gaps.Concat(missingRuntime).ToList();
        if (report is null)
            missing.Add("nothing was scanned, so the packages of the base image are not in it. Set SupplyChainScan=true.");
        foreach (var platform in report?.Platforms ?? [])
        {
            if (!SystemPart.IsRecognised(platform))
                missing.Add($"{report!.Scanner} recognised no operating system in {platform.Platform}, so the packages of the base image are not in it. Choose a base image with a package database where they matter.");
        }

        return missing;
    }
}
