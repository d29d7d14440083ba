using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>
/// The next step for a NuGet package of the project. A version is only named when the advisory names it as fixed, or when a restored package proves that it
/// brings such a version; it clears every finding that blocks on the same package.
/// </summary>
/// <param name="blocking">All findings that block: one version is to clear them together.</param>
internal sealed class PackageRemedy(ProjectInventory inventory, GateContext context, IReadOnlyList<Finding> blocking)
{
    private const string CentralVersions = "Directory.Packages.props";

    public JudgedFinding Complete(JudgedFinding judged, NuGetPackage package, string named, string title)
    {
        var direct = DirectOf(inventory, package);
        // Pinned centrally: its own line decides, whoever brings it in.
        var isOwn = string.Equals(direct, package.Id, StringComparison.OrdinalIgnoreCase) || context.Pinned.Contains(package.Id, StringComparer.OrdinalIgnoreCase);
        var via = package.Path.Count < 2 ? "" : $", brought in by {Way(package)}";
        var (advice, change) = Advise(judged.Finding, package, direct, isOwn);
        return judged with
        {
            Statement = $"{package.Id} {package.Version} has {named}{title}{via}.",
            Advice = advice,
            Change = change,
            File = package.ReferencedAt?.File,
            Line = package.ReferencedAt?.Line ?? 0,
            Path = package.Path,
        };
    }

    private (string Advice, VersionChange? Change) Advise(Finding finding, NuGetPackage package, string direct, bool isOwn)
    {
        if (!GatePolicy.HasFix(finding))
            return ($"No fixed version is known. Replace {direct}, or set SupplyChainIgnoreUnfixed=true.", null);
        var together = blocking.Where(other => IsSame(other, package) && GatePolicy.HasFix(other)).ToList();
        var fix = (together.Count > 1 ? FixedVersions.ClearingAll(together, package.Version) : null) ?? PackageVersion.SmallestFix(finding.FixedVersion, package.Version);
        if (fix is null)
            return ($"The advisory names as fixed: {finding.FixedVersion}. Move to one of these{(isOwn ? "" : $", by {direct} or a reference of your own")}.", null);
        if (isOwn)
            return ($"Raise the {ElementOf(package)} to {fix} or later.", new VersionChange(ChangeKind.Raise, package.Id, package.Version, fix));
        var pin = $"pin it: {PinOf(package, fix)}";
        return Bump(package) is { } bump
            ? ($"Raise {bump.Direct} to {bump.To}, which brings {package.Id} {bump.Brings}; or {pin}.", new VersionChange(ChangeKind.Raise, bump.Direct, VersionOf(bump.Direct) ?? "", bump.To))
            : ($"No restored version of {direct} brings a fixed one, so {pin}.", new VersionChange(ChangeKind.Pin, package.Id, package.Version, fix));
    }

    private ProvenBump? Bump(NuGetPackage package) => context.Bumps.FirstOrDefault(bump =>
        string.Equals(bump.Package, package.Id, StringComparison.OrdinalIgnoreCase) && string.Equals(bump.Version, package.Version, StringComparison.OrdinalIgnoreCase));

    private static string PinOf(NuGetPackage package, string version) => IsCentral(package)
        ? $"<PackageVersion Include=\"{package.Id}\" Version=\"{version}\" /> in {CentralVersions}, with CentralPackageTransitivePinningEnabled=true"
        : $"<PackageReference Include=\"{package.Id}\" Version=\"{version}\" />";

    /// <summary>Only this very version: another may lie in the base image, and the project's line would not change it.</summary>
    public static NuGetPackage? PackageOf(ProjectInventory inventory, Finding finding) => finding.Kind is FindingKind.NuGet
        ? inventory.Packages.FirstOrDefault(package => IsSame(finding, package))
        : null;

    /// <summary>The package whose version the line of the reference holds: the first on the way behind the last project.</summary>
    public static string DirectOf(ProjectInventory inventory, NuGetPackage package)
    {
        if (package.IsDirect || package.Path.Count < 2)
            return package.Id;
        var projects = inventory.Projects.Select(project => project.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var owner = package.Path.ToList().FindLastIndex(projects.Contains);
        return package.Path[Math.Min(owner + 1, package.Path.Count - 1)];
    }

    private static bool IsSame(Finding finding, NuGetPackage package) =>
        string.Equals(package.Id, finding.Package, StringComparison.OrdinalIgnoreCase) && IsSameVersion(package.Version, finding.Version);

    private static bool IsSameVersion(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase)
        || (PackageVersion.Parse(one) is { } known && known == PackageVersion.Parse(other));

    /// <summary><c>Contoso.Reports 2.1.0 → System.Drawing.Common</c>: the one to change comes first, so it has its version.</summary>
    private string Way(NuGetPackage package)
    {
        var first = package.Path[0];
        var start = VersionOf(first) is { } version ? $"{first} {version}"
            : inventory.Projects.Any(project => string.Equals(project.Name, first, StringComparison.OrdinalIgnoreCase)) ? $"the project {first}" : first;
        return SingleLine.Of(string.Join(" → ", package.Path.Skip(1).Prepend(start)));
    }

    private string? VersionOf(string id) =>
        inventory.Packages.Where(package => string.Equals(package.Id, id, StringComparison.OrdinalIgnoreCase)).Select(package => package.Version).FirstOrDefault();

    private static string ElementOf(NuGetPackage package) => IsCentral(package) ? "PackageVersion" : "PackageReference";

    private static bool IsCentral(NuGetPackage package) => string.Equals(Path.GetFileName(package.ReferencedAt?.File), CentralVersions, StringComparison.OrdinalIgnoreCase);
}
