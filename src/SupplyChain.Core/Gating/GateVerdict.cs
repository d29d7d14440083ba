using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Gating;

/// <summary>What the gate decided about the image of this digest. Pushing takes a verdict and refuses one of another digest.</summary>
/// <param name="Blocking">One diagnostic a blocking finding, with the line to change, and SCB3500 as the last, which sums up. Empty: passed.</param>
/// <param name="Summary">For people: <c>0 critical, 2 high, 11 lower; threshold Critical: passed</c>.</param>
public sealed record GateVerdict(Digest Image, bool Passed, IReadOnlyList<Diagnostic> Blocking, string Summary);
