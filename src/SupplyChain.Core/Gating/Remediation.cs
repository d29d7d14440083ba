using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Says for a finding what is wrong, where to change what, and how. Versions are the advisory's; none is guessed.</summary>
internal sealed class Remediation(ScanReport report, ProjectInventory inventory, GateContext context, IReadOnlyList<Finding> blocking)
{
    private readonly PackageRemedy _packages = new(inventory, context, blocking);

    public JudgedFinding Complete(JudgedFinding judged)
    {
        var finding = judged.Finding;
        if (ProjectPackage(finding, inventory) is { } package)
            return _packages.Complete(judged, package, Named(finding), Titled(finding));
        return finding.Kind is FindingKind.OperatingSystem ? ForSystem(judged) : report.SourceRoot is { } root ? ForSource(judged, root) : IsRuntime(finding) ? ForRuntime(judged) : ForFile(judged);
    }

    public static Diagnostic AsDiagnostic(JudgedFinding judged, ProjectInventory inventory, bool inSources = false) => new(
        inSources || ProjectPackage(judged.Finding, inventory) is not null ? DiagnosticCodes.PackageVulnerable : DiagnosticCodes.BaseImageVulnerable,
        $"{judged.Statement} {judged.Advice}",
        judged.File ?? inventory.ProjectFile,
        judged.Line);

    private JudgedFinding ForSystem(JudgedFinding judged)
    {
        var finding = judged.Finding;
        var release = ReleaseOf(finding);
        var system = release is null ? "" : $" ({release.Family} {release.Name})";
        var what = $"{finding.Package} {finding.Version} in the base image{system} has {Named(finding)}{Titled(finding)}";
        if (GatePolicy.HasFix(finding))
        {
            return judged with
            {
                Statement = $"{what}.",
                Advice = context.BaseImage is { } newest ? $"It is fixed in {finding.FixedVersion}. {newest.About(finding)}"
                    : $"It is fixed in {finding.FixedVersion}: build on a newer base image that has it (ContainerBaseImage, ContainerFamily; pull it again where the tag has moved).",
                Change = new VersionChange(ChangeKind.BaseImage, finding.Package, finding.Version, finding.FixedVersion!),
            };
        }

        var vendor = VendorOf(release);
        var fate = finding.Status switch
        {
            "will_not_fix" => $"{vendor} will not fix it",
            "fix_deferred" => $"{vendor} has put the fix off",
            "end_of_life" => $"{vendor} no longer maintains this release",
            _ => $"{vendor} has no fix yet",
        };
        return judged with
        {
            Statement = $"{what}; {fate}.",
            Advice = $"Choose a base image without it (ContainerFamily=noble-chiseled), waive it with <SupplyChainWaiver Include=\"{finding.Id}\" Expires=\"…\" Reason=\"…\" />, or set SupplyChainIgnoreUnfixed=true.",
        };
    }

    private static JudgedFinding ForRuntime(JudgedFinding judged)
    {
        var finding = judged.Finding;
        var fix = PackageVersion.SmallestFix(finding.FixedVersion, finding.Version) ?? finding.FixedVersion;
        return judged with
        {
            Statement = $"the .NET runtime in the image ({finding.Package} {finding.Version}) has {Named(finding)}{Titled(finding)}.",
            Advice = fix is null
                ? "No fixed version is known. Watch the .NET announcements, or set SupplyChainIgnoreUnfixed=true."
                : $"Move to .NET {fix} or later: a newer base image for an application that depends on the framework, a newer SDK or RuntimeFrameworkVersion for a self-contained one.",
            Change = fix is null ? null : new VersionChange(ChangeKind.Runtime, finding.Package, finding.Version, fix),
        };
    }

    /// <summary>A lock file of whatever language.</summary>
    private static JudgedFinding ForSource(JudgedFinding judged, string root)
    {
        var finding = judged.Finding;
        var path = finding.Places.Select(place => place.Path).FirstOrDefault(found => found is not null);
        var fix = finding.FixedVersion is null ? "No fixed version is known." : $"Raise it to {PackageVersion.SmallestFix(finding.FixedVersion, finding.Version) ?? finding.FixedVersion} or later.";
        return judged with
        {
            Statement = $"{finding.Package} {finding.Version} has {Named(finding)}{Titled(finding)}.",
            Advice = fix,
            File = path is null ? null : Path.GetFullPath(path, root),
        };
    }

    /// <summary>What the project does not reference and no package database names: a tool in the base image, a file that was copied in.</summary>
    private JudgedFinding ForFile(JudgedFinding judged)
    {
        var finding = judged.Finding;
        var path = finding.Places.Select(place => place.Path).FirstOrDefault(found => found is not null);
        var fix = finding.FixedVersion is null ? "No fixed version is known" : $"It is fixed in {finding.FixedVersion}";
        return judged with
        {
            Statement = $"{finding.Package} {finding.Version}{(path is null ? "" : $" at {path}")} in the image has {Named(finding)}{Titled(finding)}.{(context.IsOwnProject ? " The project does not reference it." : "")}",
            Advice = context.IsOwnProject ? $"{fix}: change the base image, or the file that brings it in." : $"{fix}: publish the image anew with it.",
        };
    }

    private static NuGetPackage? ProjectPackage(Finding finding, ProjectInventory inventory) => IsRuntime(finding) ? null : PackageRemedy.PackageOf(inventory, finding);

    private static bool IsRuntime(Finding finding) => finding.Kind is FindingKind.NuGet
        && (finding.Package.StartsWith("Microsoft.NETCore.App.Runtime.", StringComparison.OrdinalIgnoreCase)
            || finding.Package.StartsWith("Microsoft.AspNetCore.App.Runtime.", StringComparison.OrdinalIgnoreCase));

    private OperatingSystemRelease? ReleaseOf(Finding finding)
    {
        var seen = finding.Places.Select(place => place.Platform).ToHashSet();
        return report.Platforms.Where(platform => seen.Contains(platform.Platform)).Select(platform => platform.OperatingSystem).FirstOrDefault(release => release is not null);
    }

    private static string VendorOf(OperatingSystemRelease? release) => release?.Family switch
    {
        "debian" => "Debian",
        "ubuntu" => "Ubuntu",
        "alpine" => "Alpine",
        "azurelinux" => "Azure Linux",
        "redhat" => "Red Hat",
        _ => "the distribution",
    };

    private static string Named(Finding finding) =>
        $"{finding.Id} ({(finding.Severity is Severity.Unknown ? "not rated" : finding.Severity.ToString())}{(finding.KnownExploited ? ", known to be exploited" : "")})";

    private static string Titled(Finding finding) => finding.Title is { } title ? $": {title.TrimEnd('.', ' ')}" : "";
}
