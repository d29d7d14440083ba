using System.Text.Json.Serialization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Gating;

/// <summary>What the gate decided about the image of this digest. Pushing takes a verdict and refuses one of another digest.</summary>
/// <param name="Blocking">One diagnostic for each thing that blocks, with the line to change, and SCB3500 as the last, which sums up. Empty: passed.</param>
/// <param name="Summary">For people: <c>0 critical, 2 high, 11 lower; threshold Critical: passed</c>.</param>
public sealed record GateVerdict(Digest Image, bool Passed, IReadOnlyList<Diagnostic> Blocking, string Summary)
{
    /// <summary>What does not block and should still be known: waivers that nothing needs, that never end.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>Every finding with its decision, in the order of the report. For the reports that are made at once; not in the file, which only tells whether it passed.</summary>
    [JsonIgnore]
    public IReadOnlyList<JudgedFinding> Findings { get; init; } = [];

    /// <summary>Of sources: settings that a check calls wrong, with their decisions.</summary>
    [JsonIgnore]
    public IReadOnlyList<JudgedMisconfiguration> Misconfigurations { get; init; } = [];

    /// <summary>Secrets that no waiver covers.</summary>
    [JsonIgnore]
    public IReadOnlyList<SecretFinding> Secrets { get; init; } = [];
}
