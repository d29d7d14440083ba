using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>Settings of signing and verifying that cannot be used, or not together: said before the build and not by cosign after it.</summary>
internal static class SigningSettingsCheck
{
    /// <summary>The one that the public Sigstore's own trusted root names.</summary>
    private const string PublicTimestampServer = "timestamp.sigstore.dev";

    /// <param name="identity">What signs; null: only verifies.</param>
    /// <param name="offline">SupplyChainOffline.</param>
    /// <exception cref="DiagnosticException">SCB5007.</exception>
    public static void Check(SigningSettings settings, SigningIdentity? identity, bool verify, bool offline, IMachine machine)
    {
        (string Property, string? Url)[] urls =
        [
            ("SupplyChainFulcioUrl", settings.FulcioUrl), ("SupplyChainRekorUrl", settings.RekorUrl),
            ("SupplyChainTimestampServerUrl", settings.TimestampServerUrl), ("SupplyChainOidcIssuer", settings.OidcIssuer),
        ];
        foreach (var (property, url) in urls.Where(item => IsGiven(item.Url)))
            CheckUrl(property, url!);
        (string Property, string? File)[] files = [("SupplyChainSigningConfig", settings.SigningConfig), ("SupplyChainTrustedRoot", settings.TrustedRoot)];
        foreach (var (property, file) in files.Where(item => IsGiven(item.File)))
        {
            if (!machine.FileExists(settings.FullPath(file)!))
                throw Unusable($"{property} is '{file}', and there is no such file. Correct the path; cosign {(property == "SupplyChainTrustedRoot" ? "trusted-root" : "signing-config")} create writes one.");
        }
        if (IsGiven(settings.SigningConfig) && urls.FirstOrDefault(item => IsGiven(item.Url)).Property is { } both)
            throw Unusable($"SupplyChainSigningConfig and {both} are both set, and cosign takes the services either from a file or from addresses. Leave one of them out.");
        CheckPair("SupplyChainCertificateIdentity", settings.CertificateIdentity, settings.CertificateIdentityRegexp);
        CheckPair("SupplyChainCertificateOidcIssuer", settings.CertificateOidcIssuer, settings.CertificateOidcIssuerRegexp);
        if (identity is not null)
            CheckSigner(settings, identity, verify, offline, machine);
    }

    private static void CheckSigner(SigningSettings settings, SigningIdentity identity, bool verify, bool offline, IMachine machine)
    {
        var asksForIdentity = IsGiven(settings.CertificateIdentity) || IsGiven(settings.CertificateIdentityRegexp);
        if (offline && identity.IsKeyless)
            throw Unusable("SupplyChainOffline is true, and signing without a key needs Fulcio and a transparency log. Set SupplyChainSigningKey, or SupplyChainSign=false to push unsigned.");
        if (offline && settings.UsesTransparencyLog(identity.IsKeyless))
            throw Unusable("SupplyChainOffline is true, and a transparency log is asked for (SupplyChainTransparencyLog, SupplyChainRekorUrl or SupplyChainSigningConfig). Leave one of them out.");
        if (offline && IsGiven(settings.TimestampServerUrl))
            throw Unusable("SupplyChainOffline is true, and SupplyChainTimestampServerUrl is set. Leave one of them out.");
        if (identity.IsKeyless && settings is { TransparencyLog: TransparencyLog.False } && !IsGiven(settings.TimestampServerUrl) && !IsGiven(settings.SigningConfig))
            throw Unusable("SupplyChainTransparencyLog is false, and without a key the certificate is valid for ten minutes only: a log or a timestamp must prove when it was used. Set SupplyChainTimestampServerUrl, or sign with a key.");
        if (!verify)
            return;
        if (IsGiven(settings.TimestampServerUrl) && !IsGiven(settings.TrustedRoot) && new Uri(settings.TimestampServerUrl!.Trim()).Host != PublicTimestampServer)
            throw Unusable("SupplyChainTimestampServerUrl is set, and no SupplyChainTrustedRoot says which timestamps to believe, so none could be verified. Make one with cosign trusted-root create --tsa=url=…,certificate-chain=….");
        if (settings.VerificationKey?.Contains(';') == true)
            throw Unusable("SupplyChainVerificationKey names several keys, and an image is published with one. Name that one here; several are for SupplyChainVerifyImage.");
        if (identity.IsKeyless && IsGiven(settings.VerificationKey))
            throw Unusable("SupplyChainVerificationKey is set, and there is no SupplyChainSigningKey: what is signed without a key is verified by SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer. Set the signing key, or leave the verification key out.");
        if (!identity.IsKeyless && asksForIdentity)
            throw Unusable("SupplyChainSigningKey is set, and SupplyChainCertificateIdentity asks for a signer without a key. Leave one of them out.");
        if (!identity.IsKeyless)
            return;
        var job = JobIdentity.Read(identity.Ambient!, machine);
        if (asksForIdentity && job is null && !IsGiven(settings.CertificateOidcIssuer) && !IsGiven(settings.CertificateOidcIssuerRegexp))
            throw Unusable("SupplyChainCertificateIdentity is set without SupplyChainCertificateOidcIssuer: the same name from another issuer is another one. Set it, for example to https://token.actions.githubusercontent.com.");
        if (!asksForIdentity && job is null)
            throw Unusable($"{identity.Ambient!.Name} has an identity and does not say which, so nothing could be expected of the certificate. Set SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer to what it must name.");
    }

    private static void CheckUrl(string property, string text)
    {
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0)
            throw Unusable($"{property} is '{SingleLine.Of(text, 300)}', which is not the address of a service. Give an address without user name and password, for example https://sigstore.example.com.");
        // The identity token goes there.
        if (url.Scheme == "http" && !url.IsLoopback)
            throw Unusable($"{property} is '{SingleLine.Of(text, 300)}': what is sent there can be read on the way. Use https; http is for this machine itself only.");
    }

    private static void CheckPair(string property, string? exact, string? regexp)
    {
        if (IsGiven(exact) && IsGiven(regexp))
            throw Unusable($"{property} and {property}Regexp are both set. Leave one of them out.");
    }

    private static bool IsGiven(string? text) => !string.IsNullOrWhiteSpace(text);

    private static DiagnosticException Unusable(string message) => new(DiagnosticCodes.SigningSettingsUnusable, message);
}
