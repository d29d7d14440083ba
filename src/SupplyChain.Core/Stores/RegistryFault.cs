using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Stores;

/// <summary>
/// A failure that may pass: the connection broke, or the registry answered 408, 429 or 5xx. Never leaves the store layer: when the
/// attempts are used up, <see cref="Final"/> is thrown instead.
/// </summary>
internal sealed class RegistryFault(DiagnosticException final) : Exception(final.Message, final)
{
    public DiagnosticException Final { get; } = final;

    /// <summary>What the registry asked for (Retry-After, RFC 9110, 10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>No answer at all, or one that broke off.</summary>
    public bool ConnectionBroke { get; init; }

    /// <summary>How often it is worth trying again; null: as often as usual.</summary>
    public int? Retries { get; init; }
}
