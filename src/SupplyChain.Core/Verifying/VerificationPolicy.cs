using System.Text.RegularExpressions;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Verifying;

/// <summary>What a verified image must say about itself before it may be used.</summary>
/// <param name="Threshold">SupplyChainVerificationThreshold: findings of the attested scan at or above it are refused.</param>
/// <param name="IgnoreUnfixed">SupplyChainIgnoreUnfixed.</param>
/// <param name="Builder">SupplyChainVerificationBuilder: the builder id that the provenance must name; <c>*</c> stands for any text; null: any.</param>
internal sealed record VerificationPolicy(SeverityThreshold Threshold, bool IgnoreUnfixed, string? Builder)
{
    private const int MostNamed = 5;

    /// <exception cref="DiagnosticException">SCB5803: with every reason.</exception>
    public void Require(ExaminedImage image)
    {
        string[] reasons = [.. Findings(image), .. Provenance(image)];
        if (reasons.Length > 0)
            throw new DiagnosticException(DiagnosticCodes.PolicyNotMet, $"{image.Reference} is signed as expected and is refused all the same: {string.Join("; ", reasons)}.");
    }

    private IEnumerable<string> Findings(ExaminedImage image)
    {
        if (Threshold == SeverityThreshold.None)
            yield break;
        if (Read(image, PredicateTypes.Vulnerabilities, AttestedScan.Read, out var scan) is { } problem)
        {
            yield return problem;
            yield break;
        }
        var gate = new GatePolicy(Threshold, IgnoreUnfixed);
        var blocking = scan!.Findings.Where(finding => gate.Reaches(finding.Severity) && (finding.HasFix || !IgnoreUnfixed)).OrderByDescending(finding => finding.Severity).ToList();
        if (blocking.Count > 0)
            yield return $"the attested scan has {blocking.Count} at or above SupplyChainVerificationThreshold {Threshold}: {string.Join(", ", blocking.Take(MostNamed).Select(finding => $"{finding.Id} ({finding.Severity}) in {finding.Package}"))}{(blocking.Count > MostNamed ? ", …" : "")}";
    }

    private IEnumerable<string> Provenance(ExaminedImage image)
    {
        if (Builder is null)
            yield break;
        if (Read(image, PredicateTypes.Provenance, AttestedProvenance.Read, out var provenance) is { } problem)
            yield return problem;
        else if (!Regex.IsMatch(provenance!.BuilderId, $"^{Regex.Escape(Builder).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant | RegexOptions.Singleline))
            yield return $"its provenance names the builder {provenance.BuilderId}, SupplyChainVerificationBuilder is {Builder}";
    }

    /// <returns>What is wrong; null: nothing.</returns>
    private static string? Read<T>(ExaminedImage image, string type, Func<ReadOnlyMemory<byte>, T> read, out T? value)
    {
        value = default;
        if (image.Find(type) is not { } statement)
            return $"{PredicateTypes.Describe(type)} is not there, or not of the expected signer";
        try
        {
            value = read(statement.Content);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }
}
