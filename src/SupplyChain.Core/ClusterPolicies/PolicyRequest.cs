using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>What the policies say, whatever the engine.</summary>
/// <param name="Repository">Registry and repository of the image that was published.</param>
/// <param name="Images">Which images must be signed.</param>
/// <param name="Allowed">Where images of Pods may come from.</param>
internal sealed record PolicyRequest(ImageReference Repository, IReadOnlyList<ImagePattern> Images, IReadOnlyList<ImagePattern> Allowed)
{
    public PolicyMode Mode { get; init; }

    /// <summary>Where the policy holds; none: everywhere but in <see cref="ExcludedNamespaces"/>.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public IReadOnlyList<string> ExcludedNamespaces { get; init; } = [];

    /// <summary>Null: nothing was signed, or no format asks for it.</summary>
    public SignedImage? Signed { get; init; }

    /// <summary>What must be true of the attested documents besides who signed them.</summary>
    public VerificationPolicy Conditions { get; init; } = new(SeverityThreshold.None, IgnoreUnfixed: false, Builder: null);

    /// <summary>Severities that refuse an image, as scan results name them, the worst first.</summary>
    public IReadOnlyList<string> RefusedSeverities =>
        [.. Enum.GetValues<Severity>().Where(new GatePolicy(Conditions.Threshold, Conditions.IgnoreUnfixed).Reaches).OrderDescending().Select(severity => severity.ToString().ToUpperInvariant())];

    public bool IsEnforced => Mode == PolicyMode.Enforce;

    /// <summary>Of the repository, as the name of a Kubernetes object: at most 50 letters, the same for the same repository.</summary>
    public string Name
    {
        get
        {
            var name = string.Concat(Repository.Repository.Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')).Trim('-');
            return name.Length <= 50 ? name : $"{name[..41].TrimEnd('-')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Repository.Repository)))[..8]}";
        }
    }
}

/// <summary>What was signed, and by whom.</summary>
/// <param name="Signer">Who signed it.</param>
/// <param name="Attestations">Predicate types of the attestations that every image of this project carries.</param>
/// <param name="Bundles">It has Sigstore bundles.</param>
/// <param name="Legacy">It has cosign's older tags.</param>
internal sealed record SignedImage(PolicySigner Signer, IReadOnlyList<string> Attestations, bool Bundles, bool Legacy);

/// <summary>The signer, in the terms of the engines: a public key, or an identity and its issuer.</summary>
internal sealed record PolicySigner(string DisplayName)
{
    /// <summary>PEM; null: an identity signed.</summary>
    public string? PublicKey { get; init; }
    public string? Subject { get; init; }
    public string? SubjectRegexp { get; init; }
    public string? Issuer { get; init; }
    public string? IssuerRegexp { get; init; }

    /// <summary>Whether the signatures are in a transparency log.</summary>
    public bool Logged { get; init; }

    /// <summary>Addresses of the services; the public Sigstore's where there are no others.</summary>
    public string RekorUrl { get; init; } = "https://rekor.sigstore.dev";
    public string FulcioUrl { get; init; } = "https://fulcio.sigstore.dev";

    /// <summary>Of a private Sigstore; null: the public one.</summary>
    public TrustedRootFile? Root { get; init; }

    public bool IsKey => PublicKey is not null;
}
