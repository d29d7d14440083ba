using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>Says for a blocking finding where to change what. Versions are the advisory's; none is guessed.</summary>
internal sealed class Remediation(ScanReport report, ProjectInventory inventory)
{
    private const string CentralVersions = "Directory.Packages.props";

    public Diagnostic For(Finding finding)
    {
        if (finding.Kind is FindingKind.NuGet && PackageOf(finding) is { } package)
        {
            return new Diagnostic(DiagnosticCodes.PackageVulnerable, ForPackage(finding, package), package.ReferencedAt?.File ?? inventory.ProjectFile, package.ReferencedAt?.Line ?? 0);
        }

        var text = finding.Kind is FindingKind.OperatingSystem ? ForSystem(finding) : IsRuntime(finding) ? ForRuntime(finding) : ForFile(finding);
        return new Diagnostic(DiagnosticCodes.BaseImageVulnerable, text, inventory.ProjectFile);
    }

    /// <summary>Only this very version: another may lie in the base image, and the project's line would not change it.</summary>
    private NuGetPackage? PackageOf(Finding finding) => inventory.Packages.FirstOrDefault(package =>
        string.Equals(package.Id, finding.Package, StringComparison.OrdinalIgnoreCase) && IsSameVersion(package.Version, finding.Version));

    private static bool IsSameVersion(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase)
        || (PackageVersion.Parse(one) is { } known && known == PackageVersion.Parse(other));

    private string ForPackage(Finding finding, NuGetPackage package)
    {
        var fix = PackageVersion.SmallestFix(finding.FixedVersion, package.Version);
        var direct = package.IsDirect || package.Path.Count < 2;
        var via = direct ? "" : $", brought in by {Way(package)}";
        var title = finding.Title is null ? "" : $": {Bare(finding.Title)}";
        var what = $"{package.Id} {package.Version} has {Named(finding)}{title}{via}.";
        if (fix is null)
        {
            return finding.FixedVersion is { } versions
                ? $"{what} The advisory names as fixed: {versions}. Move to one of these{(direct ? "" : $", by {package.Path[0]} or a reference of your own")}."
                : $"{what} No fixed version is known. Replace {(direct ? package.Id : package.Path[0])}, or set SupplyChainIgnoreUnfixed=true.";
        }

        if (direct)
            return $"{what} Raise the {ElementOf(package)} to {fix} or later.";
        return $"{what} Raise {package.Path[0]} to a version that brings {package.Id} {fix} or later, or reference {package.Id} {fix} directly.";
    }

    /// <summary><c>Contoso.Reports 2.1.0 → System.Drawing.Common</c>: the first step is the one to change, so it has its version.</summary>
    private string Way(NuGetPackage package)
    {
        var first = package.Path[0];
        var version = inventory.Packages.Where(other => string.Equals(other.Id, first, StringComparison.OrdinalIgnoreCase)).Select(other => other.Version).FirstOrDefault();
        var start = version is not null ? $"{first} {version}"
            : inventory.Projects.Any(project => string.Equals(project.Name, first, StringComparison.OrdinalIgnoreCase)) ? $"the project {first}" : first;
        return string.Join(" → ", package.Path.Skip(1).Prepend(start));
    }

    private static string ElementOf(NuGetPackage package) =>
        string.Equals(Path.GetFileName(package.ReferencedAt?.File), CentralVersions, StringComparison.OrdinalIgnoreCase) ? "PackageVersion" : "PackageReference";

    private string ForSystem(Finding finding)
    {
        var release = ReleaseOf(finding);
        var system = release is null ? "" : $" ({release.Family} {release.Name})";
        var title = finding.Title is null ? "" : $": {Bare(finding.Title)}";
        var what = $"{finding.Package} {finding.Version} in the base image{system} has {Named(finding)}{title}";
        if (!string.IsNullOrWhiteSpace(finding.FixedVersion))
            return $"{what}. It is fixed in {finding.FixedVersion}: build on a newer base image that has it (ContainerBaseImage, ContainerFamily; pull it again where the tag has moved).";
        var vendor = VendorOf(release);
        var fate = finding.Status switch
        {
            "will_not_fix" => $"{vendor} will not fix it",
            "fix_deferred" => $"{vendor} has put the fix off",
            "end_of_life" => $"{vendor} no longer maintains this release",
            _ => $"{vendor} has no fix yet",
        };
        return $"{what}; {fate}. Choose a base image without it (ContainerFamily=noble-chiseled), or set SupplyChainIgnoreUnfixed=true.";
    }

    private static string ForRuntime(Finding finding)
    {
        var fix = PackageVersion.SmallestFix(finding.FixedVersion, finding.Version) ?? finding.FixedVersion;
        var next = fix is null
            ? "No fixed version is known. Watch the .NET announcements, or set SupplyChainIgnoreUnfixed=true."
            : $"Move to .NET {fix} or later: a newer base image for an application that depends on the framework, a newer SDK or RuntimeFrameworkVersion for a self-contained one.";
        return $"the .NET runtime in the image ({finding.Package} {finding.Version}) has {Named(finding)}{(finding.Title is null ? "" : $": {Bare(finding.Title)}")}. {next}";
    }

    /// <summary>What the project does not reference and no package database names: a tool in the base image, a file that was copied in.</summary>
    private static string ForFile(Finding finding)
    {
        var path = finding.Places.Select(place => place.Path).FirstOrDefault(found => found is not null);
        var fix = finding.FixedVersion is null ? "No fixed version is known" : $"It is fixed in {finding.FixedVersion}";
        return $"{finding.Package} {finding.Version}{(path is null ? "" : $" at {path}")} in the image has {Named(finding)}{(finding.Title is null ? "" : $": {Bare(finding.Title)}")}. The project does not reference it. {fix}: change the base image, or the file that brings it in.";
    }

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

    private static string Named(Finding finding) => $"{finding.Id} ({(finding.Severity is Severity.Unknown ? "not rated" : finding.Severity.ToString())})";

    private static string Bare(string title) => title.TrimEnd('.', ' ');
}
