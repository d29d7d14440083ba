using Microsoft.Build.Framework;
using SupplyChain.Core.Bases;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Build.Tasks;

/// <summary>Verifies the base image's signature before anything is built on it, and pins the build to the very image that was verified.</summary>
public sealed class VerifyBaseImage : ExaminationTask
{
    /// <summary>Registry and repository that the SDK fetches from; with a tag or a digest.</summary>
    [Required]
    public string BaseImage { get; set; } = "";

    /// <summary>The digest that was verified.</summary>
    [Output]
    public string Digest { get; private set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var image = BaseImageName.Parse(BaseImage);
        try
        {
            var signer = BaseImageSigner.Read(values, Package.Machine);
            var settings = new ExaminationSettings(image, signer, [], new VerificationPolicy(SeverityThreshold.None, false, null))
            {
                TrustedAuthenticationHosts = values.List("SupplyChainTrustedAuthenticationHost"),
            };
            var examined = await ExamineAsync(values, settings, [], cancellationToken);
            Digest = examined.Reference.Digest!.Value.ToString();
            Say($"base image {examined.Reference} verified: signed by {signer.DisplayName}");
        }
        catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.VerificationFailed)
        {
            throw new DiagnosticException(
                DiagnosticCodes.BaseImageNotVerified,
                $"the base image {image} is not built on: {e.Message} Check SupplyChainBaseImageVerificationKey (or …CertificateIdentity and …CertificateOidcIssuer), or choose a base image that is signed by whom you trust.",
                e);
        }
    }
}
