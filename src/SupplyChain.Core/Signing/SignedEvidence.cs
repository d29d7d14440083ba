using SupplyChain.Core.Images;

namespace SupplyChain.Core.Signing;

/// <summary>A signed in-toto statement about an image, as a Sigstore bundle file.</summary>
/// <param name="Subject">The image's digest.</param>
/// <param name="PredicateType">For example <c>https://cyclonedx.org/bom</c>.</param>
/// <param name="BundleFile">Absolute path of the Sigstore bundle (v0.3, JSON).</param>
public sealed record SignedEvidence(Digest Subject, string PredicateType, string BundleFile)
{
    /// <summary>
    /// The same bundles, seen as evidence about one image of the index: their statements name both. A signature in cosign's older layout names one
    /// image only, and is left out.
    /// </summary>
    public static IReadOnlyList<SignedEvidence> For(Digest subject, IReadOnlyList<SignedEvidence> evidence, Digest index) => subject == index
        ? evidence
        : [.. evidence.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning).Select(signed => signed with { Subject = subject })];

    /// <summary>What is attached to an image of the index, or to the index itself: the bundles about them all, and those about this image alone.</summary>
    public static IReadOnlyList<SignedEvidence> With(Digest subject, IReadOnlyList<SignedEvidence> evidence, IReadOnlyList<SignedEvidence> own, Digest index) =>
        [.. For(subject, evidence, index), .. own.Where(signed => signed.Subject == subject)];

    /// <summary>An earlier publish has signed it; it was found with the image and kept.</summary>
    public bool Earlier { get; init; }
}

/// <summary>Predicate types of the attestations this package makes (in-toto attestation framework 1.0, "predicateType").</summary>
public static class PredicateTypes
{
    /// <summary>Cosign's image signature in the bundle format: a statement with an empty predicate.</summary>
    public const string CosignSignature = "https://sigstore.dev/cosign/sign/v1";

    /// <summary>The media type of the image signature in cosign's older layout, which has no predicate type.</summary>
    public const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string CycloneDx = "https://cyclonedx.org/bom";
    public const string Spdx = "https://spdx.dev/Document";
    public const string Vulnerabilities = "https://cosign.sigstore.dev/attestation/vuln/v1";
    public const string Provenance = "https://slsa.dev/provenance/v1";
    public const string OpenVex = "https://openvex.dev/ns";

    /// <summary>All that are known here, the signature first.</summary>
    public static IReadOnlyList<string> All { get; } = [CosignSignature, CycloneDx, Spdx, Vulnerabilities, OpenVex, Provenance];

    /// <summary>For people and messages: <c>the CycloneDX SBOM</c>.</summary>
    public static string Describe(string predicateType) => predicateType switch
    {
        CosignSignature => "the image signature",
        SimpleSigning => "the image signature in the older layout",
        CycloneDx => "the CycloneDX SBOM",
        Spdx => "the SPDX SBOM",
        Vulnerabilities => "the scan result",
        Provenance => "the provenance",
        OpenVex => "the OpenVEX document",
        _ => "the attestation",
    };

    /// <summary>For people, the signature left out: <c>SBOM (CycloneDX, SPDX), scan result, provenance</c>.</summary>
    public static string Summary(IEnumerable<string> predicateTypes)
    {
        var types = predicateTypes.Where(type => type is not (CosignSignature or SimpleSigning)).Distinct().ToList();
        var formats = new[] { (CycloneDx, "CycloneDX"), (Spdx, "SPDX") }.Where(format => types.Contains(format.Item1)).Select(format => format.Item2).ToList();
        var others = types.Where(type => type is not (CycloneDx or Spdx)).Select(type => Describe(type) is var text && text.StartsWith("the ", StringComparison.Ordinal) ? text[4..] : text);
        return string.Join(", ", (formats.Count == 0 ? [] : new[] { $"SBOM ({string.Join(", ", formats)})" }).Concat(others));
    }

    /// <summary>The name of the bundle file, without <c>.sigstore.json</c>; null for a type that is not one of ours.</summary>
    public static string? FileName(string predicateType) => predicateType switch
    {
        CosignSignature => "signature",
        SimpleSigning => "signature.legacy",
        CycloneDx => "sbom.cdx",
        Spdx => "sbom.spdx",
        Vulnerabilities => "scan",
        Provenance => "provenance",
        OpenVex => "vex",
        _ => null,
    };
}
