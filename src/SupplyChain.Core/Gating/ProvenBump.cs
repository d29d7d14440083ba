namespace SupplyChain.Core.Gating;

/// <summary>
/// A newer version of the package that brings a vulnerable one in, of which is known that it brings a fixed one: it lies restored on this machine, with all
/// that stands between the two.
/// </summary>
/// <param name="Package">The vulnerable package.</param>
/// <param name="Version">Its present version.</param>
/// <param name="Direct">The package to raise.</param>
/// <param name="To">The version to raise it to.</param>
/// <param name="Brings">The version of the vulnerable package that comes then.</param>
public sealed record ProvenBump(string Package, string Version, string Direct, string To, string Brings);
