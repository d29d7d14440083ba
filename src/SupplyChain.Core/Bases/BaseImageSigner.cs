using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Bases;

/// <summary>Who must have signed the base image: SupplyChainBaseImageVerificationKey, or …CertificateIdentity with …CertificateOidcIssuer.</summary>
internal static class BaseImageSigner
{
    /// <exception cref="DiagnosticException">SCB5003, SCB5004 the key; SCB5007 an identity without an issuer, or none.</exception>
    public static ExpectedSigner Read(Settings settings, IMachine machine)
    {
        var key = settings.Text("SupplyChainBaseImageVerificationKey");
        if (key is not null)
            KeyReference.Parse(key, "SupplyChainBaseImageVerificationKey", settings.ProjectDirectory);
        // Whom to trust is one question for all that is verified here; who has signed is another one for each.
        var signing = new PlanReader(machine).ReadSigning(settings) with
        {
            Key = null,
            VerificationKey = key,
            CertificateIdentity = settings.Text("SupplyChainBaseImageCertificateIdentity"),
            CertificateIdentityRegexp = settings.Text("SupplyChainBaseImageCertificateIdentityRegexp"),
            CertificateOidcIssuer = settings.Text("SupplyChainBaseImageCertificateOidcIssuer"),
            CertificateOidcIssuerRegexp = settings.Text("SupplyChainBaseImageCertificateOidcIssuerRegexp"),
        };
        try
        {
            return PublicKeySource.FromSettings(signing, logged: false, machine) is { } signer && signer is not { Key: null, CertificateOidcIssuer: null, CertificateOidcIssuerRegexp: null }
                ? signer
                : throw new DiagnosticException(
                    DiagnosticCodes.SigningSettingsUnusable,
                    "it is not said who must have signed the base image. Set SupplyChainBaseImageVerificationKey to a public key, or both SupplyChainBaseImageCertificateIdentity (or …IdentityRegexp) and SupplyChainBaseImageCertificateOidcIssuer: that somebody has signed proves nothing.");
        }
        catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.KeyUnusable)
        {
            throw new DiagnosticException(DiagnosticCodes.KeyUnusable, e.Message.Replace("SupplyChainVerificationKey", "SupplyChainBaseImageVerificationKey", StringComparison.Ordinal), e);
        }
    }
}
