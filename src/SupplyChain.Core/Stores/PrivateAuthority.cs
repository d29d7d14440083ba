using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Stores;

/// <summary>
/// A private certificate authority, believed besides those of the machine. What the machine accepts stays accepted; what is wrong with a certificate
/// otherwise (its name, its dates) stays wrong.
/// </summary>
internal sealed class PrivateAuthority
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int LargestFile = 4 * 1024 * 1024;

    private readonly X509Certificate2Collection _roots;

    private PrivateAuthority(X509Certificate2Collection roots) => _roots = roots;

    /// <param name="file">PEM, absolute path; one certificate or several.</param>
    /// <exception cref="DiagnosticException">SCB0111: it cannot be read, or holds no certificate.</exception>
    public static PrivateAuthority Read(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile)
                throw Unusable(file, $"is larger than {LargestFile} bytes");
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(File.ReadAllText(file));
            return roots.Count > 0 ? new PrivateAuthority(roots) : throw Unusable(file, "has no certificate in it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unusable(file, $"cannot be read: {SingleLine.Of(e.Message, 300).TrimEnd('.')}");
        }
    }

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || chain is null)
            return false;
        using var own = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                ApplicationPolicy = { new Oid(ServerAuthentication) },
            },
        };
        own.ChainPolicy.CustomTrustStore.AddRange(_roots);
        foreach (var element in chain.ChainElements)
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(leaf);
    }

    private static DiagnosticException Unusable(string file, string why) => new(
        DiagnosticCodes.CertificateAuthorityUnusable,
        $"SupplyChainCertificateAuthorityFile is {file}, which {why}. Give a PEM file with the certificate of your certificate authority (-----BEGIN CERTIFICATE-----).");
}
