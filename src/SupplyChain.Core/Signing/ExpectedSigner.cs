namespace SupplyChain.Core.Signing;

/// <summary>Who must have signed: a public key, or an identity and the issuer that vouches for it, exactly or by regular expression.</summary>
/// <param name="DisplayName">For people: <c>key cosign.pub (SHA256:6n8Q…)</c>, or the identity.</param>
public sealed record ExpectedSigner(string DisplayName)
{
    /// <summary>The public key as cosign takes it (absolute path or URI); null: an identity is expected.</summary>
    public string? Key { get; init; }

    /// <summary>Whether <see cref="Key"/> is asked from a key service, by a URI.</summary>
    public bool KeyFromService { get; init; }

    public string? CertificateIdentity { get; init; }

    public string? CertificateIdentityRegexp { get; init; }

    public string? CertificateOidcIssuer { get; init; }

    public string? CertificateOidcIssuerRegexp { get; init; }

    /// <summary>Whether the signature must be in a transparency log.</summary>
    public bool RequireTransparencyLog { get; init; }

    /// <summary>Whether a timestamp server must have said when it was signed; the trusted root names the servers that are believed.</summary>
    public bool RequireTimestamp { get; init; }

    /// <summary>Absolute path; null: cosign's own (with a key and no log it needs none).</summary>
    public string? TrustedRoot { get; init; }

    /// <summary>The flags of <c>cosign verify…</c>.</summary>
    internal IEnumerable<string> Arguments
    {
        get
        {
            (string Flag, string? Value)[] flags =
            [
                ("--key", Key),
                ("--certificate-identity", CertificateIdentity),
                ("--certificate-identity-regexp", CertificateIdentityRegexp),
                ("--certificate-oidc-issuer", CertificateOidcIssuer),
                ("--certificate-oidc-issuer-regexp", CertificateOidcIssuerRegexp),
                ("--trusted-root", TrustedRoot),
            ];
            var given = flags.Where(flag => !string.IsNullOrWhiteSpace(flag.Value)).SelectMany(flag => new[] { flag.Flag, flag.Value! });
            if (RequireTimestamp)
                given = given.Append("--use-signed-timestamps");
            return RequireTransparencyLog ? given : given.Append("--insecure-ignore-tlog=true");
        }
    }
}
