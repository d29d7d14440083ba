using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// Finds out who signed what was published, in the terms of a policy, and has cosign verify every bundle with exactly these terms: a policy that would
/// refuse the image it is made for is not written.
/// </summary>
internal sealed class PolicySigners(IToolRunner runner, Tool cosign, SigningSettings settings, IMachine machine)
{
    private readonly LimitedRunner _runner = new(runner);

    /// <exception cref="DiagnosticException">SCB5003, SCB5004, SCB5005 the key; SCB6001 unsigned; SCB6002 another signer, or none that is known.</exception>
    public async Task<PolicySigner> FindAsync(PublishedEvidence published, CancellationToken cancellationToken)
    {
        if (published.Evidence.Count == 0)
            throw new DiagnosticException(
                DiagnosticCodes.NothingPublished,
                $"{published.Reference} was published unsigned, so there is nothing that a policy could ask for. Publish it signed (SupplyChainSigningKey, or in CI without a key); of SupplyChainPolicyFormats, Gatekeeper and Registries work without signatures.");
        var first = published.Evidence[0];
        if (published.Evidence.Any(bundle => bundle.KeyHint != first.KeyHint || bundle.Certificate?.Subject != first.Certificate?.Subject || bundle.Certificate?.Issuer != first.Certificate?.Issuer))
            throw Unknown($"the bundles in {published.Directory} are not all of one signer. Publish again, then generate again.");
        var logged = published.Evidence.All(bundle => bundle.Logged);
        var root = settings.FullPath(settings.TrustedRoot) is { } file ? await TrustedRootFile.ReadAsync(file, cancellationToken) : null;
        var signer = first.KeyHint is { } hint
            ? new PolicySigner("") { PublicKey = await FindKeyAsync(hint, cancellationToken) } with { DisplayName = $"key SHA256:{hint}" }
            : Identity(first.Certificate!);
        signer = signer with
        {
            Logged = logged,
            Root = root,
            RekorUrl = Given(settings.RekorUrl) ?? root?.Logs.Select(log => Given(log.Url)).FirstOrDefault() ?? signer.RekorUrl,
            FulcioUrl = Given(settings.FulcioUrl) ?? root?.Authorities.Select(authority => Given(authority.Url)).FirstOrDefault() ?? signer.FulcioUrl,
        };
        if (root is null && (Given(settings.RekorUrl) ?? Given(settings.FulcioUrl)) is not null && (logged || !signer.IsKey))
            throw Unknown("it was signed with the services of a private Sigstore (SupplyChainRekorUrl, SupplyChainFulcioUrl), and a cluster must know whom that one trusts. Set SupplyChainTrustedRoot to its trusted root.");
        await ProveAsync(published, signer, cancellationToken);
        return signer;
    }

    /// <summary>What the user says must be so takes the place of what the certificate says; the bundles are then verified with it.</summary>
    private PolicySigner Identity(CertificateIdentity certificate)
    {
        var (subject, subjectRegexp) = (Given(settings.CertificateIdentity), Given(settings.CertificateIdentityRegexp));
        var (issuer, issuerRegexp) = (Given(settings.CertificateOidcIssuer), Given(settings.CertificateOidcIssuerRegexp));
        return new PolicySigner($"{subject ?? subjectRegexp ?? certificate.Subject} ({issuer ?? issuerRegexp ?? certificate.Issuer})")
        {
            Subject = subject ?? (subjectRegexp is null ? certificate.Subject : null),
            SubjectRegexp = subject is null ? subjectRegexp : null,
            Issuer = issuer ?? (issuerRegexp is null ? certificate.Issuer : null),
            IssuerRegexp = issuer is null ? issuerRegexp : null,
        };
    }

    private async Task<string> FindKeyAsync(string hint, CancellationToken cancellationToken)
    {
        if (Given(settings.VerificationKey) is { } asked)
        {
            var key = KeyReference.Parse(asked, "SupplyChainVerificationKey", settings.BaseDirectory);
            var pem = key.IsFile ? ReadPublicKey(key) : await AskAsync(key, cancellationToken);
            return PublicKeySource.Fingerprint(pem) == hint ? Normal(pem)
                : throw Unknown($"SupplyChainVerificationKey is {key.DisplayName}, and the published image was signed by another key (SHA256:{hint}). Give the key that belongs to it, or publish again with yours.");
        }
        if (Given(settings.Key) is not { } signingKey)
            throw Unknown($"the published image was signed by a key (SHA256:{hint}), and neither SupplyChainSigningKey nor SupplyChainVerificationKey says which. Set one of them.");
        var reference = KeyReference.Parse(signingKey, "SupplyChainSigningKey", settings.BaseDirectory);
        reference.CheckPrivate("SupplyChainSigningKey", machine);
        var derived = await AskAsync(reference, cancellationToken);
        return PublicKeySource.Fingerprint(derived) == hint ? Normal(derived)
            : throw Unknown($"SupplyChainSigningKey is {reference.DisplayName}, and the published image was signed by another key (SHA256:{hint}). Give the same key as for the publish, or publish again.");
    }

    private string ReadPublicKey(KeyReference key)
    {
        try
        {
            return machine.ReadText(key.Value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.KeyUnusable,
                $"SupplyChainVerificationKey is '{key.Value}', which cannot be read: {exception.Message.TrimEnd('.')}. Give the public key file that cosign generate-key-pair wrote beside the private one.",
                exception);
        }
    }

    /// <summary>The public half of a key, from the key itself.</summary>
    private async Task<string> AskAsync(KeyReference key, CancellationToken cancellationToken)
    {
        var result = await _runner.RunAsync(
            new ToolInvocation(cosign, ["public-key", "--key", key.Value]) { Environment = CosignEnvironment.ForSigning(machine), TimeLimit = TimeSpan.FromMinutes(1), OutputLimit = 64 * 1024 },
            cancellationToken);
        if (result.ExitCode == 0 && PublicKeySource.Fingerprint(result.StandardOutput) is not null)
            return result.StandardOutput;
        var advice = result.StandardError.Contains("decryption failed", StringComparison.Ordinal)
            ? "Set the environment variable COSIGN_PASSWORD to the key's password, or set SupplyChainVerificationKey to the public key."
            : "Set SupplyChainVerificationKey to the public key.";
        throw new DiagnosticException(DiagnosticCodes.KeyUnusable, $"cosign could not give the public key of {key.DisplayName}: {CosignFailure.Said(result, machine)}. {advice}");
    }

    private async Task ProveAsync(PublishedEvidence published, PolicySigner signer, CancellationToken cancellationToken)
    {
        var work = Directory.CreateTempSubdirectory("supply-chain-");
        try
        {
            var file = Path.Combine(work.FullName, "cosign.pub");
            if (signer.PublicKey is { } pem)
                await File.WriteAllTextAsync(file, pem, cancellationToken);
            var expected = new ExpectedSigner(signer.DisplayName)
            {
                Key = signer.IsKey ? file : null,
                CertificateIdentity = signer.Subject,
                CertificateIdentityRegexp = signer.SubjectRegexp,
                CertificateOidcIssuer = signer.Issuer,
                CertificateOidcIssuerRegexp = signer.IssuerRegexp,
                RequireTransparencyLog = signer.Logged,
                TrustedRoot = settings.FullPath(settings.TrustedRoot),
            };
            await Task.WhenAll(published.Evidence.Where(bundle => bundle.PredicateType != PredicateTypes.SimpleSigning).Select(bundle => ProveAsync(published, bundle, expected, cancellationToken)));
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private async Task ProveAsync(PublishedEvidence published, PublishedBundle bundle, ExpectedSigner expected, CancellationToken cancellationToken)
    {
        var result = await _runner.RunAsync(
            new ToolInvocation(cosign, ["verify-blob-attestation", "--bundle", bundle.File, "--digest", published.Reference.Digest!.Value.Hex, "--digestAlg", "sha256", "--type", bundle.PredicateType, .. expected.Arguments])
            {
                Environment = CosignEnvironment.ForVerifying(keyFromService: false),
                TimeLimit = TimeSpan.FromMinutes(3),
                OutputLimit = 64 * 1024,
            },
            cancellationToken);
        if (result.ExitCode != 0)
            throw Unknown($"{PredicateTypes.Describe(bundle.PredicateType)} of {published.Reference} does not verify with {expected.DisplayName}: {CosignFailure.Said(result, machine)}. A policy with this signer would refuse the very image it is for. Check SupplyChainCertificateIdentity, SupplyChainCertificateOidcIssuer and SupplyChainTrustedRoot, or publish again.");
    }

    /// <summary>The same key always gives the same text.</summary>
    private static string Normal(string pem) => pem.ReplaceLineEndings("\n").Trim() + "\n";

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static DiagnosticException Unknown(string message) => new(DiagnosticCodes.PolicySignerUnknown, message);
}
