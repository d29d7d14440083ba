using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Who a keyless certificate was made for: the subject alternative name (a URI such as a workflow, or a mail address) and the OIDC issuer
/// that vouched for it (Fulcio, oid-info.md: 1.3.6.1.4.1.57264.1.8, or .1.1 in older certificates).
/// </summary>
public sealed record CertificateIdentity(string Subject, string Issuer)
{
    /// <summary>The run of a CI system that asked for the certificate, as an address (1.3.6.1.4.1.57264.1.21); null where the CA does not say.</summary>
    public string? Run { get; init; }

    private const string RunInvocation = "1.3.6.1.4.1.57264.1.21";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string IssuerV2 = "1.3.6.1.4.1.57264.1.8";
    private const string IssuerV1 = "1.3.6.1.4.1.57264.1.1";

    /// <exception cref="FormatException">Not a certificate that Fulcio made.</exception>
    public static CertificateIdentity Read(byte[] certificate)
    {
        try
        {
            using var parsed = X509CertificateLoader.LoadCertificate(certificate);
            var subject = Extension(parsed, SubjectAlternativeName) is { } names ? ReadName(names) : null;
            var issuer = Extension(parsed, IssuerV2) is { } v2
                ? AsnDecoder.ReadCharacterString(v2, AsnEncodingRules.DER, UniversalTagNumber.UTF8String, out _)
                : Extension(parsed, IssuerV1) is { } v1 ? Encoding.UTF8.GetString(v1) : null;
            return new CertificateIdentity(
                subject ?? throw new FormatException("its certificate has no subject alternative name"),
                issuer ?? throw new FormatException("its certificate names no OIDC issuer"))
            {
                Run = Extension(parsed, RunInvocation) is { } invocation ? AsnDecoder.ReadCharacterString(invocation, AsnEncodingRules.DER, UniversalTagNumber.UTF8String, out _) : null,
            };
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException or ArgumentException)
        {
            // ArgumentException: a tag of another class than the context's own.
            throw new FormatException("its certificate is damaged", exception);
        }
    }

    private static byte[]? Extension(X509Certificate2 certificate, string oid) =>
        certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == oid)?.RawData;

    /// <summary>GeneralNames of RFC 5280, 4.2.1.6: [1] mail address, [2] DNS name, [6] URI, [0] other name (Fulcio: a user name as UTF-8).</summary>
    private static string? ReadName(byte[] names)
    {
        var sequence = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            switch (tag.TagValue)
            {
                case 1 or 2 or 6:
                    return sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag);
                case 0:
                    var other = sequence.ReadSequence(tag);
                    other.ReadObjectIdentifier();
                    return other.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)).ReadCharacterString(UniversalTagNumber.UTF8String);
                default:
                    sequence.ReadEncodedValue();
                    break;
            }
        }
        return null;
    }
}
