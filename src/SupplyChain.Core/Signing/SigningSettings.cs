namespace SupplyChain.Core.Signing;

/// <summary>What the user said about signing and about who must have signed. Names follow the properties; null or empty: not given.</summary>
/// <param name="BaseDirectory">What relative paths are relative to: the project folder, absolute.</param>
public sealed record SigningSettings(string BaseDirectory)
{
    /// <summary>SupplyChainSigningKey: key file, <c>env://NAME</c>, KMS or PKCS#11 URI; none: keyless.</summary>
    public string? Key { get; init; }

    /// <summary>SupplyChainVerificationKey: public key file or URI; none: the signer's own.</summary>
    public string? VerificationKey { get; init; }

    /// <summary>SupplyChainCertificateAuthorityFile, absolute: for a private Sigstore; null: the machine's authorities.</summary>
    public string? CertificateAuthorityFile { get; init; }

    public string? CertificateIdentity { get; init; }

    public string? CertificateIdentityRegexp { get; init; }

    public string? CertificateOidcIssuer { get; init; }

    public string? CertificateOidcIssuerRegexp { get; init; }

    public TransparencyLog TransparencyLog { get; init; } = TransparencyLog.Auto;

    public string? FulcioUrl { get; init; }

    public string? RekorUrl { get; init; }

    public string? TimestampServerUrl { get; init; }

    public string? OidcIssuer { get; init; }

    /// <summary>SupplyChainSigningConfig: a file that cosign's <c>--signing-config</c> takes.</summary>
    public string? SigningConfig { get; init; }

    /// <summary>SupplyChainTrustedRoot: a file that cosign's <c>--trusted-root</c> takes.</summary>
    public string? TrustedRoot { get; init; }

    /// <summary>
    /// Whether signatures are entered in a transparency log, and so looked for there: on for keyless (the certificate lives ten minutes, the log
    /// proves when it was used), off for keys unless a log is named.
    /// </summary>
    public bool UsesTransparencyLog(bool keyless) => TransparencyLog switch
    {
        TransparencyLog.True => true,
        TransparencyLog.False => false,
        _ => keyless || !string.IsNullOrWhiteSpace(RekorUrl) || !string.IsNullOrWhiteSpace(SigningConfig),
    };

    /// <summary>
    /// Whether a timestamp must prove when it was signed: where a server is named; and for a certificate, which lives ten minutes, wherever no log proves it.
    /// </summary>
    public bool UsesTimestamp(bool keyless) => !string.IsNullOrWhiteSpace(TimestampServerUrl) || (keyless && !UsesTransparencyLog(keyless));

    /// <summary>A path made absolute; null when nothing was given.</summary>
    internal string? FullPath(string? path) => string.IsNullOrWhiteSpace(path) ? null : Path.GetFullPath(path.Trim(), BaseDirectory);
}

/// <summary>SupplyChainTransparencyLog.</summary>
public enum TransparencyLog
{
    Auto,
    True,
    False,
}
