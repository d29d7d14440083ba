using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>From which severity on a finding fails the publish. In the order of strictness, the most lenient first.</summary>
public enum SeverityThreshold
{
    /// <summary>Nothing fails the publish.</summary>
    None,
    Critical,
    High,
    Medium,
    Low,

    /// <summary>Every finding fails the publish, one without a rating too.</summary>
    Unknown,
}

/// <summary>What the gate lets through.</summary>
/// <param name="IgnoreUnfixed">A finding whose advisory names no fixed version does not fail the publish.</param>
public sealed record GatePolicy(SeverityThreshold Threshold, bool IgnoreUnfixed = false)
{
    /// <summary>Days for which a fix may be out before its finding fails the publish.</summary>
    public int FixGracePeriodDays { get; init; }

    /// <summary>An older vulnerability database fails the publish; null: its age does not matter.</summary>
    public int? MaximumDatabaseAgeDays { get; init; }

    /// <summary>False: a base image of a distribution release that is no longer maintained fails the publish.</summary>
    public bool AllowEndOfLifeBaseImage { get; init; }

    /// <summary>The valid values, as a user writes them.</summary>
    public static IReadOnlyList<SeverityThreshold> Thresholds { get; } =
    [
        SeverityThreshold.Critical, SeverityThreshold.High, SeverityThreshold.Medium, SeverityThreshold.Low, SeverityThreshold.Unknown, SeverityThreshold.None,
    ];

    /// <param name="threshold">The value of SupplyChainSeverityThreshold; case does not matter.</param>
    /// <exception cref="DiagnosticException">SCB0103.</exception>
    public static GatePolicy Parse(string? threshold, bool ignoreUnfixed = false) => TryParse(threshold, out var value)
        ? new GatePolicy(value, ignoreUnfixed)
        : throw new DiagnosticException(
            DiagnosticCodes.UnknownValue,
            $"SupplyChainSeverityThreshold is '{SingleLine.Of(threshold, 100)}'. Valid values: {string.Join(", ", Thresholds)}.");

    internal static bool TryParse(string? text, out SeverityThreshold threshold)
    {
        // Not Enum.Parse, which takes numbers and lists.
        foreach (var value in Thresholds)
        {
            if (string.Equals(value.ToString(), text?.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                threshold = value;
                return true;
            }
        }

        threshold = default;
        return false;
    }

    /// <summary>
    /// Whether this severity is at or above the threshold. A finding that nobody has rated yet is below Low, as for Trivy's own --severity: distributions publish
    /// many each week, and most turn out harmless. It is always counted and named in the summary, and the threshold Unknown takes it in.
    /// </summary>
    public bool Reaches(Severity severity) => Threshold switch
    {
        SeverityThreshold.None => false,
        SeverityThreshold.Critical => severity >= Severity.Critical,
        SeverityThreshold.High => severity >= Severity.High,
        SeverityThreshold.Medium => severity >= Severity.Medium,
        SeverityThreshold.Low => severity >= Severity.Low,
        _ => true,
    };

    /// <summary>Whether the fix has been out for less than the days of grace. Where its day is not known, the advisory's own counts, which is never later; neither known: no grace.</summary>
    internal bool IsInGrace(Finding finding, DateTimeOffset now) =>
        FixGracePeriodDays > 0 && HasFix(finding) && (finding.FixedOn ?? finding.Published) is { } day
        && DateOnly.FromDateTime(now.UtcDateTime) < day.AddDays(Math.Min(FixGracePeriodDays, 36500));

    internal static bool HasFix(Finding finding) => !string.IsNullOrWhiteSpace(finding.FixedVersion);
}
