using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>A misconfiguration with the gate's decision.</summary>
public sealed record JudgedMisconfiguration(Misconfiguration Found, Decision Decision, string? Because = null)
{
    /// <summary>Absolute path of the file; null: it is in none (a cluster).</summary>
    public string? File { get; init; }

    internal Diagnostic AsDiagnostic() => new(
        DiagnosticCodes.Misconfigured,
        $"{(File is null ? $"{Found.Path}: " : "")}{Found.Id} ({(Found.Severity is Severity.Unknown ? "not rated" : Found.Severity.ToString())}): {Sentence(Found.Message.Length > 0 ? Found.Message : Found.Title)} {Sentence(Found.Resolution)}".TrimEnd(),
        File,
        Found.Line);

    private static string Sentence(string text) => text.Length == 0 ? "" : $"{text.TrimEnd('.', ' ')}.";
}
