using System.Security.Cryptography;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Finds out who must have signed: what the user asks for, or else the signer of this publish. The public key of a key is looked up in this order:
/// SupplyChainVerificationKey; the <c>.pub</c> file beside the key file, if its hash is the hint in the bundle that was made a moment ago
/// (this saves a process, and a <c>.pub</c> of another pair is never believed); <c>cosign public-key</c>.
/// </summary>
public sealed class PublicKeySource(IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine)
{
    private const string Property = "SupplyChainVerificationKey";

    /// <param name="evidence">What was signed in this publish; the first bundle is looked at.</param>
    /// <param name="workDirectory">Where <c>cosign.pub</c> is written: the intermediate folder.</param>
    /// <exception cref="DiagnosticException">SCB5003 the verification key cannot be used; SCB5004 key text in the property; SCB5005 the public key cannot be had or is another one than the signer's.</exception>
    public async Task<ExpectedSigner> GetAsync(SigningIdentity identity, IReadOnlyList<SignedEvidence> evidence, string workDirectory, CancellationToken cancellationToken)
    {
        var first = evidence.FirstOrDefault(signed => signed.PredicateType != PredicateTypes.SimpleSigning) ?? evidence[0];
        var bundle = await ReadAsync(first, cancellationToken);
        if (FromSettings(settings, bundle.LogEntries > 0, machine) is { } asked)
        {
            asked = asked with { RequireTimestamp = asked.RequireTimestamp || bundle.NeedsTimestamp };
            return asked is { Key: null, CertificateOidcIssuer: null, CertificateOidcIssuerRegexp: null } ? WithIssuer(asked, identity, bundle.Certificate) : asked;
        }

        // Anybody can have a certificate, and anybody a key: a bundle of the other kind is not ours, whatever it says.
        if (identity.IsKeyless != bundle.Certificate is not null)
            throw OfAnother(first, identity);
        if (bundle.Certificate is { } certificate)
        {
            var job = JobIdentity.Read(identity.Ambient!, machine) ?? throw new DiagnosticException(
                DiagnosticCodes.SigningSettingsUnusable,
                $"{identity.Ambient!.Name} does not say who this job is, so nothing can be expected of the certificate. Set SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer.");
            job.Check(certificate, first.Earlier);
            // What was kept says nothing about what was signed just now.
            if (first.Earlier && evidence.FirstOrDefault(signed => !signed.Earlier && signed.PredicateType != PredicateTypes.SimpleSigning) is { } made)
                job.Check((await ReadAsync(made, cancellationToken)).Certificate ?? throw OfAnother(made, identity));
            return new ExpectedSigner($"{certificate.Subject} ({certificate.Issuer})")
            {
                CertificateIdentity = certificate.Subject,
                CertificateOidcIssuer = certificate.Issuer,
                RequireTransparencyLog = settings.UsesTransparencyLog(keyless: true),
                RequireTimestamp = settings.UsesTimestamp(keyless: true) || bundle.NeedsTimestamp,
                TrustedRoot = settings.FullPath(settings.TrustedRoot),
            };
        }
        var pem = FindBeside(identity.Key!, bundle.KeyHint!) ?? await AskAsync(identity.Key!, bundle.KeyHint!, cancellationToken);
        // A copy of the very text that was compared: nobody can change it between the comparison and the verification. In one piece: a verification beside this one may be reading it.
        var file = Path.Combine(Directory.CreateDirectory(workDirectory).FullName, "cosign.pub");
        var own = SiblingPath.New(file);
        await File.WriteAllTextAsync(own, pem, cancellationToken);
        File.Move(own, file, overwrite: true);
        return new ExpectedSigner($"key {identity.Key!.DisplayName} (SHA256:{bundle.KeyHint})")
        {
            Key = file,
            RequireTransparencyLog = settings.TransparencyLog == TransparencyLog.True || bundle.LogEntries > 0,
            RequireTimestamp = settings.UsesTimestamp(keyless: false),
            TrustedRoot = settings.FullPath(settings.TrustedRoot),
        };
    }

    /// <summary>The issuer of this job's own identity; of two that are the same but for what an enterprise adds, the certificate's.</summary>
    private ExpectedSigner WithIssuer(ExpectedSigner asked, SigningIdentity identity, CertificateIdentity? certificate)
    {
        var job = identity.Ambient is { } ambient ? JobIdentity.Read(ambient, machine) : null;
        if (job is null)
            throw new DiagnosticException(DiagnosticCodes.SigningSettingsUnusable, "SupplyChainCertificateIdentity is set without SupplyChainCertificateOidcIssuer: the same name from another issuer is another one. Set it.");
        return asked with { CertificateOidcIssuer = certificate is { Issuer: var issuer } && (issuer.StartsWith(job.Issuer + "/", StringComparison.Ordinal) || job.BrokeredIssuers.Contains(issuer)) ? issuer : job.Issuer };
    }

    /// <summary>Who must have signed according to the properties alone; null when they say nothing.</summary>
    /// <param name="logged">Whether the evidence says that it is in a transparency log.</param>
    public static ExpectedSigner? FromSettings(SigningSettings settings, bool logged, IMachine machine)
    {
        var root = settings.FullPath(settings.TrustedRoot);
        if (!string.IsNullOrWhiteSpace(settings.VerificationKey))
        {
            var key = KeyReference.Parse(settings.VerificationKey, Property, settings.BaseDirectory);
            var hint = key.IsFile ? Fingerprint(ReadKey(key)) : null;
            return new ExpectedSigner(hint is null ? $"key {key.DisplayName}" : $"key {key.DisplayName} (SHA256:{hint})")
            {
                Key = key.Value,
                KeyFromService = !key.IsFile,
                RequireTransparencyLog = settings.TransparencyLog == TransparencyLog.True || (logged && settings.TransparencyLog == TransparencyLog.Auto),
                RequireTimestamp = settings.UsesTimestamp(keyless: false),
                TrustedRoot = root,
            };
        }
        var who = Given(settings.CertificateIdentity) ?? Given(settings.CertificateIdentityRegexp);
        if (who is null)
            return null;
        var issuer = Given(settings.CertificateOidcIssuer) ?? Given(settings.CertificateOidcIssuerRegexp);
        return new ExpectedSigner(issuer is null ? who : $"{who} ({issuer})")
        {
            CertificateIdentity = Given(settings.CertificateIdentity),
            CertificateIdentityRegexp = Given(settings.CertificateIdentity) is null ? Given(settings.CertificateIdentityRegexp) : null,
            CertificateOidcIssuer = Given(settings.CertificateOidcIssuer),
            CertificateOidcIssuerRegexp = Given(settings.CertificateOidcIssuer) is null ? Given(settings.CertificateOidcIssuerRegexp) : null,
            RequireTransparencyLog = settings.UsesTransparencyLog(keyless: true),
            RequireTimestamp = settings.UsesTimestamp(keyless: true),
            TrustedRoot = root,
        };

        string ReadKey(KeyReference key)
        {
            try
            {
                return machine.ReadText(key.Value);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new DiagnosticException(
                    DiagnosticCodes.KeyUnusable,
                    $"{Property} is '{key.Value}', which cannot be read: {exception.Message.TrimEnd('.')}. Give the public key file that cosign generate-key-pair wrote beside the private one, or leave the property out to use the signer's own.",
                    exception);
            }
        }
    }

    /// <summary>The hint that cosign puts into a bundle: Base64 of the SHA-256 of the public key in DER. Null: not a PEM public key.</summary>
    internal static string? Fingerprint(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY")
            return null;
        return Convert.ToBase64String(SHA256.HashData(Convert.FromBase64String(pem[fields.Base64Data])));
    }

    private string? FindBeside(KeyReference key, string hint)
    {
        if (!key.IsFile)
            return null;
        var file = Path.ChangeExtension(key.Value, ".pub");
        try
        {
            return machine.FileExists(file) && machine.ReadText(file) is var pem && Fingerprint(pem) == hint ? pem : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task<string> AskAsync(KeyReference key, string hint, CancellationToken cancellationToken)
    {
        var result = await runner.RunAsync(
            new ToolInvocation(cosign, ["public-key", "--key", key.Value]) { Environment = CosignEnvironment.ForSigning(machine), TimeLimit = TimeSpan.FromMinutes(1), OutputLimit = 64 * 1024 },
            cancellationToken);
        if (result.ExitCode != 0)
            throw new DiagnosticException(
                DiagnosticCodes.SigningFailed,
                $"cosign could not give the public key of {key.DisplayName}: {CosignFailure.Said(result, machine)}. Set {Property} to the public key.");
        if (Fingerprint(result.StandardOutput) is not { } fingerprint || fingerprint != hint)
            throw new DiagnosticException(
                DiagnosticCodes.SigningFailed,
                $"the public key that cosign gives for {key.DisplayName} is not the one that signed (SHA256:{hint}). Was the key replaced during the publish? Publish again, or set {Property} to the public key.");
        return result.StandardOutput;
    }

    private static DiagnosticException OfAnother(SignedEvidence signed, SigningIdentity identity) => new(
        DiagnosticCodes.SigningFailed, $"the bundle {signed.BundleFile} was not signed by {identity.DisplayName}. Publish again; give each project a SupplyChainOutputPath of its own.");

    private static async Task<Bundle> ReadAsync(SignedEvidence signed, CancellationToken cancellationToken)
    {
        try
        {
            return await Bundle.ReadAsync(signed.BundleFile, cancellationToken);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.SigningFailed, $"the bundle {signed.BundleFile} cannot be used: {exception.Message.TrimEnd('.')}. Publish again.", exception);
        }
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
