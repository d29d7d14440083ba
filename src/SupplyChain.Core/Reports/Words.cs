using SupplyChain.Core.Gating;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Reports;

/// <summary>Names of things in reports.</summary>
internal static class Words
{
    public static IReadOnlyList<Severity> Severities { get; } = [Severity.Critical, Severity.High, Severity.Medium, Severity.Low, Severity.Unknown];

    public static string Of(Severity severity) => severity is Severity.Unknown ? "Not rated" : severity.ToString();

    public static string Of(Decision decision) => decision switch
    {
        Decision.Blocks => "blocks",
        Decision.BelowThreshold => "below the threshold",
        Decision.Waived => "waived",
        Decision.NotAffected => "not affected",
        Decision.RuntimeSupplied => "supplied by the runtime",
        Decision.Unfixed => "without a fix, ignored",
        _ => "in the grace period",
    };

    public static string Of(FindingKind kind) => kind switch
    {
        FindingKind.NuGet => "NuGet",
        FindingKind.OperatingSystem => "base image",
        _ => "other",
    };

    /// <summary><c>image (linux/amd64, app/Hello.deps.json), inventory</c>.</summary>
    public static string Of(IEnumerable<FindingPlace> places) => string.Join(", ", places.Select(place =>
        place.Platform is null ? place.Source : $"{place.Source} ({place.Platform}{(place.Path is null ? "" : $", {place.Path}")})").Distinct());

    public static string? Address(Finding finding) => Uri.TryCreate(finding.Url, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url?.AbsoluteUri : null;
}
