using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>A signed in-toto statement about an image, as a Sigstore bundle file.</summary>
/// <param name="Subject">The image's digest.</param>
/// <param name="PredicateType">For example <c>https://cyclonedx.org/bom</c>.</param>
/// <param name="BundleFile">Absolute path of the Sigstore bundle (v0.3, JSON).</param>
public sealed record SignedEvidence(Digest Subject, string PredicateType, string BundleFile);

/// <summary>Predicate types of the attestations this package makes (in-toto attestation framework 1.0, "predicateType").</summary>
public static class PredicateTypes
{
    public const string CosignSignature = "https://sigstore.dev/cosign/sign/v1";
    public const string CycloneDx = "https://cyclonedx.org/bom";
}
