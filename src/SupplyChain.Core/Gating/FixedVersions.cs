using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>
/// Which versions clear a finding, by the fixed versions that its advisory names (<c>6.0.10, 7.0.2</c>: one a branch). The ranges themselves are not in
/// a scanner's report, so what cannot be decided from these numbers is not decided.
/// </summary>
internal static class FixedVersions
{
    /// <summary>
    /// A version that the advisory names clears it. Another one does when it is higher than one of them and no higher one of its own major version is
    /// named: 7.0.1 is higher than 6.0.10, and still vulnerable where 7.0.2 is the fix.
    /// </summary>
    public static bool Clears(string? fixedVersions, PackageVersion installed, PackageVersion candidate)
    {
        if (candidate.CompareTo(installed) <= 0 || Read(fixedVersions) is not { Count: > 0 } fixes)
            return false;
        return fixes.Contains(candidate)
            || (fixes.Exists(fix => fix.CompareTo(candidate) < 0) && !fixes.Exists(fix => fix.Major == candidate.Major && fix.CompareTo(candidate) > 0));
    }

    /// <summary>The smallest version, named by one of these advisories, that clears them all. Null when none does.</summary>
    public static string? ClearingAll(IReadOnlyList<Finding> findings, string installed)
    {
        if (PackageVersion.Parse(installed) is not { } from)
            return null;
        return findings.SelectMany(finding => Texts(finding.FixedVersion))
            .Select(text => (Text: text, Version: PackageVersion.Parse(text)))
            .Where(fix => fix.Version is not null && findings.All(finding => Clears(finding.FixedVersion, from, fix.Version)))
            .OrderBy(fix => fix.Version).ThenBy(fix => fix.Text, StringComparer.Ordinal)
            .Select(fix => fix.Text).FirstOrDefault();
    }

    private static List<PackageVersion>? Read(string? fixedVersions)
    {
        var texts = Texts(fixedVersions).ToList();
        var fixes = texts.Select(PackageVersion.Parse).OfType<PackageVersion>().ToList();
        return fixes.Count == texts.Count ? fixes : null;
    }

    private static IEnumerable<string> Texts(string? fixedVersions) =>
        (fixedVersions ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
