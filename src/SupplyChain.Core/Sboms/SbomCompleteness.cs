using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>Says to people what the document says to machines by <c>compositions</c>: what is missing, and what to do.</summary>
public static class SbomCompleteness
{
    /// <returns>A warning for each gap; empty when there is none.</returns>
    public static IReadOnlyList<Diagnostic> Check(Sbom sbom) =>
        [.. sbom.Gaps.Select(gap => new Diagnostic(Code(gap.Kind), gap.IsMissing ? $"the bill of materials is incomplete: {gap}" : gap.ToString()))];

    internal static IReadOnlyList<Gap> Of(ProjectInventory inventory, ImageListing? listing, IReadOnlyList<ImagePlatform> platforms, string? unlisted)
    {
        var gaps = inventory.Gaps.ToList();
        if (listing is null)
            gaps.Add(Missing("nothing looked into the image, so the packages of the base image are not in it. Let Trivy be found or installed; it lists them with SupplyChainScan=false too.") with { Detail = unlisted });
        foreach (var platform in listing is null ? [] : platforms)
        {
            if (!platform.IsRecognised)
                gaps.Add(Missing($"{listing!.Scanner} recognised no operating system in {platform.Name}, so the packages of the base image are not in it. Choose a base image with a package database where they matter."));
        }

        return gaps;
    }

    private static Gap Missing(string sentence) => new(GapKind.Unknown, sentence);

    private static DiagnosticCode Code(GapKind kind) => kind switch
    {
        GapKind.RestoreOutdated => DiagnosticCodes.RestoreOutdated,
        GapKind.NotALicenseExpression => DiagnosticCodes.LicenseExpressionInvalid,
        GapKind.PackageFolder => DiagnosticCodes.PackageFolderMissing,
        GapKind.Nuspec => DiagnosticCodes.NuspecUnusable,
        GapKind.PackageHash => DiagnosticCodes.PackageHashUnknown,
        _ => DiagnosticCodes.SbomIncomplete,
    };
}
