using SupplyChain.Core.Gating;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>One demand of a policy on one property.</summary>
/// <param name="Property">The MSBuild property.</param>
/// <param name="Member">The policy's member.</param>
/// <param name="Demand">For people: <c>High or stricter</c>.</param>
/// <param name="Value">What the property is where the project says nothing.</param>
/// <param name="IsLooser">Whether a value of the project is more lenient.</param>
internal sealed record PolicyRule(string Property, string Member, string Demand, string Value, Func<string, bool> IsLooser);

/// <summary>A policy's demands on properties. A value that is no value is left to whoever reads it (SCB0103).</summary>
internal static class PolicyRules
{
    public static IEnumerable<PolicyRule> Of(RepositoryPolicy policy)
    {
        if (policy.SeverityThreshold is { } threshold)
            yield return new PolicyRule("SupplyChainSeverityThreshold", "severityThreshold", $"{threshold} or stricter", threshold.ToString(), text => GatePolicy.TryParse(text, out var own) && own < threshold);
        if (policy.IgnoreUnfixed is { } ignore)
            yield return Allowance("SupplyChainIgnoreUnfixed", "ignoreUnfixed", ignore);
        if (policy.AllowEndOfLifeBaseImage is { } allow)
            yield return Allowance("SupplyChainAllowEndOfLifeBaseImage", "allowEndOfLifeBaseImage", allow);
        if (policy.FixGracePeriodDays is { } grace)
            yield return AtMost("SupplyChainFixGracePeriodDays", "fixGracePeriodDays", grace);
        if (policy.MaximumDatabaseAgeDays is { } age)
            yield return AtMost("SupplyChainMaximumDatabaseAgeDays", "maximumDatabaseAgeDays", age);
        foreach (var step in policy.RequiredSteps?.Distinct() ?? [])
            yield return Step(step);
        if (policy.RequiredAttestations is { Count: > 0 } kinds)
        {
            var all = string.Join(';', kinds);
            yield return new PolicyRule("SupplyChainAttestations", "requiredAttestations", $"{all} at least", all, text =>
                kinds.Any(kind => !text.Split(';', StringSplitOptions.TrimEntries).Contains(kind.ToString(), StringComparer.OrdinalIgnoreCase)));
        }
    }

    /// <summary>Off is stricter than on.</summary>
    private static PolicyRule Allowance(string property, string member, bool value) =>
        new(property, member, "false", value ? "true" : "false", text => !value && text.Equals("true", StringComparison.OrdinalIgnoreCase));

    private static PolicyRule AtMost(string property, string member, int days) =>
        new(property, member, FormattableString.Invariant($"{days} or less"), FormattableString.Invariant($"{days}"), text => int.TryParse(text, out var own) && own > days);

    private static PolicyRule Step(PolicyStep step)
    {
        var property = step switch
        {
            PolicyStep.Secrets => "SupplyChainScanSecrets",
            PolicyStep.ImmutableTags => "SupplyChainImmutableTags",
            _ => $"SupplyChain{step}",
        };
        // Signing that is left to the destination is signing: what is pushed is signed.
        return new PolicyRule(property, "requiredSteps", step is PolicyStep.Sign ? $"{nameof(SignMode.Auto)} or True" : "true", step is PolicyStep.Sign ? nameof(SignMode.Auto) : "true", text => text.Equals("false", StringComparison.OrdinalIgnoreCase));
    }
}
