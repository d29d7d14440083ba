using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.RepositoryPolicies;

/// <summary>Every effective setting, where it comes from, and what the policy demands of it: for SupplyChainExplain.</summary>
internal static class SettingsExplanation
{
    /// <param name="effective">With the policy's values in it.</param>
    /// <param name="project">Without them.</param>
    /// <returns>In columns, by name.</returns>
    public static IReadOnlyList<string> Lines(Settings effective, Settings project, PolicyFile? policy, SettingPlaces places, string projectDirectory)
    {
        var rules = policy is null ? [] : PolicyRules.Of(policy.Policy).ToList();
        var rows = effective.Names.Where(name => name.StartsWith("SupplyChain", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            var rule = rules.Find(rule => rule.Property == name);
            var byPolicy = rule is not null && effective.Text(name) != project.Text(name);
            return (Name: name, Value: SingleLine.Of(effective.Text(name) ?? "", 200), Place: byPolicy ? $"policy: {Shorten(policy!.Place(rule!.Member))}" : Shorten(places.Of(name)), Note: rule is null ? "" : $"policy: {rule.Demand} ({Shorten(policy!.Place(rule.Member))})");
        }).ToList();
        int Width(Func<(string Name, string Value, string Place, string Note), string> column, int most) => Math.Min(most, rows.Max(row => column(row).Length));
        var (names, values, origins) = (Width(row => row.Name, 45), Width(row => row.Value, 40), Width(row => row.Place, 40));
        List<string> lines = [.. rows.Select(row => $"{row.Name.PadRight(names)}  {row.Value.PadRight(values)}  {row.Place.PadRight(origins)}  {row.Note}".TrimEnd())];
        lines.AddRange(Lists(policy).Select(list => $"{list.What.PadRight(names)}  {list.Allowed}  policy: {Shorten(policy!.Place(list.Member))}"));
        return lines;

        string Shorten(string place) => Path.GetRelativePath(projectDirectory, place) is var relative && Path.IsPathRooted(place) && !relative.StartsWith(Path.Combine("..", "..", "..", ".."), StringComparison.Ordinal) ? relative : place;
    }

    /// <summary>What a policy demands that is no property.</summary>
    private static IEnumerable<(string What, string Allowed, string Member)> Lists(PolicyFile? file)
    {
        if (file?.Policy is not { } policy)
            yield break;
        if (policy.LongestWaiverDays is { } days)
            yield return ("waivers", FormattableString.Invariant($"at most {days} days"), "longestWaiverDays");
        if (policy.AllowedBaseImages is { } images)
            yield return ("base image", string.Join(", ", images), "allowedBaseImages");
        if (policy.AllowedRegistries is { } registries)
            yield return ("destination", string.Join(", ", registries), "allowedRegistries");
        if (policy.AllowedSigners is { } signers)
            yield return ("signer", string.Join(", ", signers.Select(signer => signer.Key ?? $"{signer.Identity} ({signer.Issuer})")), "allowedSigners");
    }
}
