using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Verifying;

/// <summary>The properties that the targets for any image read.</summary>
internal sealed record ExaminationSettings(ImageReference Reference, ExpectedSigner Signer, IReadOnlyList<AttestationKind> Kinds, VerificationPolicy Policy)
{
    public IReadOnlyList<string> TrustedAuthenticationHosts { get; init; } = [];

    /// <exception cref="DiagnosticException">SCB4008 the reference; SCB5003, SCB5004, SCB5007 who must have signed; SCB0103.</exception>
    public static ExaminationSettings Read(Settings settings, SigningSettings signing, IMachine machine)
    {
        var text = settings.Text("SupplyChainImageReference") ?? "";
        if (!ImageReference.TryParse(text, out var reference) || reference.Registry is null)
        {
            throw new DiagnosticException(
                DiagnosticCodes.RegistryNameUnusable,
                $"SupplyChainImageReference is '{SingleLine.Of(text, 300)}'. Give an image with its registry, for example -p:SupplyChainImageReference=registry.example.com/team/hello-api:1.4.0 or …@sha256:….");
        }
        DestinationNames.CheckSignable(reference.Repository);
        SigningSettingsCheck.Check(signing, identity: null, verify: true, offline: false, machine);
        return new ExaminationSettings(
            reference,
            FindSigner(signing, machine),
            settings.SomeOf<AttestationKind>("SupplyChainAttestations"),
            new VerificationPolicy(
                GatePolicy.TryParse(settings.Text("SupplyChainVerificationThreshold"), out var threshold)
                    ? threshold
                    : throw settings.Invalid("SupplyChainVerificationThreshold", string.Join(", ", GatePolicy.Thresholds)),
                settings.Boolean("SupplyChainIgnoreUnfixed", false),
                settings.Text("SupplyChainVerificationBuilder")))
        {
            TrustedAuthenticationHosts = settings.List("SupplyChainTrustedAuthenticationHost"),
        };
    }

    private static ExpectedSigner FindSigner(SigningSettings signing, IMachine machine)
    {
        if (string.IsNullOrWhiteSpace(signing.VerificationKey) && signing.Key is { } key && signing.FullPath(key) is { } path && machine.FileExists(Path.ChangeExtension(path, ".pub")))
            signing = signing with { VerificationKey = Path.ChangeExtension(path, ".pub") };
        // Keys are looked up in a log only where that is asked for; an identity always is.
        var signer = PublicKeySource.FromSettings(signing, logged: false, machine) ?? throw new DiagnosticException(
            DiagnosticCodes.SigningSettingsUnusable,
            "nobody says who must have signed. Set SupplyChainVerificationKey to the public key, or SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer: that somebody has signed proves nothing.");
        return signer is { Key: null, CertificateOidcIssuer: null, CertificateOidcIssuerRegexp: null }
            ? throw new DiagnosticException(DiagnosticCodes.SigningSettingsUnusable, "SupplyChainCertificateIdentity is set without SupplyChainCertificateOidcIssuer: the same name from another issuer is another one. Set it, for example to https://token.actions.githubusercontent.com.")
            : signer;
    }
}
