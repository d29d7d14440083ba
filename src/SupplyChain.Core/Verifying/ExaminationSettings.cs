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

    /// <summary>Who may have signed besides <see cref="Signer"/>.</summary>
    public IReadOnlyList<ExpectedSigner> OtherSigners { get; init; } = [];

    /// <summary>SupplyChainVerifyLayers.</summary>
    public bool ReadLayers { get; init; }

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
        var signers = FindSigners(signing, machine);
        return new ExaminationSettings(
            reference,
            signers[0],
            settings.SomeOf<AttestationKind>("SupplyChainAttestations"),
            new VerificationPolicy(
                GatePolicy.TryParse(settings.Text("SupplyChainVerificationThreshold"), out var threshold)
                    ? threshold
                    : throw settings.Invalid("SupplyChainVerificationThreshold", string.Join(", ", GatePolicy.Thresholds)),
                settings.Boolean("SupplyChainIgnoreUnfixed", false),
                settings.Text("SupplyChainVerificationBuilder")))
        {
            TrustedAuthenticationHosts = settings.List("SupplyChainTrustedAuthenticationHost"),
            OtherSigners = signers[1..],
            ReadLayers = settings.Boolean("SupplyChainVerifyLayers", false),
        };
    }

    /// <summary>Each key, and the identity: any of them may have signed.</summary>
    private static ExpectedSigner[] FindSigners(SigningSettings signing, IMachine machine)
    {
        var asked = signing with { VerificationKey = null };
        string[] keys = signing.VerificationKey?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        // Keys are looked up in a log only where that is asked for; an identity always is.
        if (keys.Length == 0 && PublicKeySource.FromSettings(asked, logged: false, machine) is null
            && signing.Key is { } own && signing.FullPath(own) is { } path && machine.FileExists(Path.ChangeExtension(path, ".pub")))
            keys = [Path.ChangeExtension(path, ".pub")];
        ExpectedSigner[] signers =
        [
            .. keys.Select(key => PublicKeySource.FromSettings(signing with { VerificationKey = key }, logged: false, machine)!),
            .. PublicKeySource.FromSettings(asked, logged: false, machine) is { } identity ? [identity] : Array.Empty<ExpectedSigner>(),
        ];
        if (signers.Length == 0)
            throw new DiagnosticException(
                DiagnosticCodes.SigningSettingsUnusable,
                "nobody says who must have signed. Set SupplyChainVerificationKey to the public key, or SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer: that somebody has signed proves nothing.");
        return signers.Any(signer => signer is { Key: null, CertificateOidcIssuer: null, CertificateOidcIssuerRegexp: null })
            ? throw new DiagnosticException(DiagnosticCodes.SigningSettingsUnusable, "SupplyChainCertificateIdentity is set without SupplyChainCertificateOidcIssuer: the same name from another issuer is another one. Set it, for example to https://token.actions.githubusercontent.com.")
            : signers;
    }
}
