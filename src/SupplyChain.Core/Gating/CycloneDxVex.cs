using System.Text.Json;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Gating;

/// <summary><c>vulnerabilities[].analysis</c> of a CycloneDX document (1.4 and later).</summary>
internal static class CycloneDxVex
{
    public static IReadOnlyList<VexStatement> Read(JsonElement root, string file)
    {
        var purls = Components(root).Where(component => VexReader.Text(component, "bom-ref") is not null && VexReader.Text(component, "purl") is not null)
            .GroupBy(component => VexReader.Text(component, "bom-ref")!).ToDictionary(group => group.Key, group => VexReader.Text(group.First(), "purl")!);
        return [.. VexReader.Items(root, "vulnerabilities").Where(one => one.TryGetProperty("analysis", out _)).Select(one => Statement(one, purls, root, file))];
    }

    private static VexStatement Statement(JsonElement vulnerability, Dictionary<string, string> purls, JsonElement root, string file)
    {
        var id = VexReader.Text(vulnerability, "id") ?? throw VexReader.Unusable(file, "a vulnerability has no id");
        var analysis = vulnerability.GetProperty("analysis");
        var status = VexReader.Text(analysis, "state") switch
        {
            "not_affected" or "false_positive" => VexStatus.NotAffected,
            "resolved" or "resolved_with_pedigree" => VexStatus.Fixed,
            "exploitable" => VexStatus.Affected,
            "in_triage" or null => VexStatus.UnderInvestigation,
            var other => throw VexReader.Unusable(file, $"the analysis of {SingleLine.Of(id, 100)} has the state '{SingleLine.Of(other, 100)}'; valid: not_affected, false_positive, resolved, resolved_with_pedigree, exploitable, in_triage"),
        };
        var references = VexReader.Items(vulnerability, "references").Select(reference => VexReader.Text(reference, "id")).OfType<string>();
        var products = VexReader.Items(vulnerability, "affects").Select(affected => VexReader.Text(affected, "ref")).OfType<string>()
            .Select(reference => new VexProduct(purls.GetValueOrDefault(reference, reference), [])).ToList();
        if (products.Count == 0)
            throw VexReader.Unusable(file, $"{SingleLine.Of(id, 100)} affects nothing (affects[].ref)");
        var time = VexReader.Time(analysis, "lastUpdated") ?? (root.TryGetProperty("metadata", out var metadata) ? VexReader.Time(metadata, "timestamp") : null);
        return new VexStatement([id, .. references], products, status, VexReader.Join(VexReader.Text(analysis, "justification"), VexReader.Text(analysis, "detail")), time, file);
    }

    private static IEnumerable<JsonElement> Components(JsonElement root)
    {
        var stack = new Stack<JsonElement>(VexReader.Items(root, "components"));
        if (root.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("component", out var subject))
            stack.Push(subject);
        while (stack.TryPop(out var component))
        {
            yield return component;
            foreach (var inner in VexReader.Items(component, "components"))
                stack.Push(inner);
        }
    }
}
