namespace SupplyChain.Core.Scanning;

/// <summary>When a scan began and ended.</summary>
internal sealed record ScanTimes(DateTimeOffset StartedAt, DateTimeOffset FinishedAt);
