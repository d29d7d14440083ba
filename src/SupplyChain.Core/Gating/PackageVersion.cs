using System.Numerics;

namespace SupplyChain.Core.Gating;

/// <summary>
/// A version as NuGet orders it: up to four numbers, then a SemVer 2.0 pre-release (§11: numbers before words, a shorter list first, no case); build metadata
/// is left out. <c>1.0</c> equals <c>1.0.0.0</c>.
/// </summary>
internal sealed record PackageVersion : IComparable<PackageVersion>
{
    private readonly BigInteger[] _numbers;
    private readonly string[] _preRelease;

    private PackageVersion(BigInteger[] numbers, string[] preRelease) => (_numbers, _preRelease) = (numbers, preRelease);

    public BigInteger Major => _numbers[0];

    public bool IsPreRelease => _preRelease.Length > 0;

    /// <summary>Null when the text is no version: then nothing is said about its order.</summary>
    public static PackageVersion? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > 200)
            return null;
        var release = text.Trim().Split('+')[0];
        var dash = release.IndexOf('-', StringComparison.Ordinal);
        var core = dash < 0 ? release : release[..dash];
        var preRelease = dash < 0 ? [] : release[(dash + 1)..].Split('.');
        var parts = core.Split('.');
        if (parts.Length > 4 || !parts.All(IsNumber) || preRelease.Any(part => part.Length == 0 || !part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')))
            return null;
        return new PackageVersion([.. Enumerable.Range(0, 4).Select(i => i < parts.Length ? BigInteger.Parse(parts[i]) : BigInteger.Zero)], preRelease);
    }

    /// <summary>
    /// The smallest of the versions an advisory names as fixed (<c>6.0.10, 7.0.2</c>) that is higher than the installed one. Null when one of them cannot be
    /// understood or none is higher: a wrong version is worse than none.
    /// </summary>
    public static string? SmallestFix(string? fixedVersions, string installed)
    {
        var from = Parse(installed);
        var fixes = (fixedVersions ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(text => (Text: text, Version: Parse(text))).ToList();
        return from is null || fixes.Exists(fix => fix.Version is null)
            ? null
            : fixes.Where(fix => fix.Version!.CompareTo(from) > 0).OrderBy(fix => fix.Version).Select(fix => fix.Text).FirstOrDefault();
    }

    public int CompareTo(PackageVersion? other)
    {
        if (other is null)
            return 1;
        for (var i = 0; i < _numbers.Length; i++)
        {
            if (_numbers[i].CompareTo(other._numbers[i]) is not 0 and var order)
                return order;
        }

        // A release comes after its pre-releases.
        if (_preRelease.Length == 0 || other._preRelease.Length == 0)
            return other._preRelease.Length.CompareTo(_preRelease.Length);
        for (var i = 0; i < Math.Min(_preRelease.Length, other._preRelease.Length); i++)
        {
            if (ComparePart(_preRelease[i], other._preRelease[i]) is not 0 and var order)
                return order;
        }

        return _preRelease.Length.CompareTo(other._preRelease.Length);
    }

    public bool Equals(PackageVersion? other) => CompareTo(other) == 0;

    public override int GetHashCode() => HashCode.Combine(_numbers[0], _numbers[1], _numbers[2], _numbers[3]);

    private static int ComparePart(string left, string right) => (IsNumber(left), IsNumber(right)) switch
    {
        (true, true) => BigInteger.Parse(left).CompareTo(BigInteger.Parse(right)),
        (true, false) => -1,
        (false, true) => 1,
        _ => string.Compare(left, right, StringComparison.OrdinalIgnoreCase),
    };

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
