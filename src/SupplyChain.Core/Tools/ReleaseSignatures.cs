using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Tools;

/// <summary>What came of the check of a release's own signature.</summary>
/// <param name="WhyNot">For people, why it could not be checked; null when it is verified.</param>
internal sealed record SignatureOutcome(string? WhyNot)
{
    public bool Verified => WhyNot is null;
}

/// <summary>
/// Has cosign verify the bundle that a project publishes beside each file of a release: signed by the workflow that makes its releases. The pinned
/// hash decides whether a file is run; this is another reason to believe, where the bundle and Sigstore's roots can be reached.
/// </summary>
internal sealed class ReleaseSignatures(IToolRunner runner)
{
    /// <summary>Bundles of this kind are read by every one of these without being told.</summary>
    private static readonly Version OldestCosign = new(3, 0, 1);

    /// <summary>How Go says that it did not get through. With anything else cosign has looked at the bundle.</summary>
    private static readonly string[] NotReached = ["dial tcp", "dial udp", "no such host", "i/o timeout", "network is unreachable", "connection refused", "proxyconnect", "TLS handshake", "deadline exceeded"];

    /// <param name="cosign">Ready to be run.</param>
    /// <param name="file">The file of the release.</param>
    /// <param name="bundle">Its bundle; it need not exist.</param>
    /// <exception cref="DiagnosticException">SCB7006: the signature is none, or somebody else's.</exception>
    public async Task<SignatureOutcome> CheckAsync(Tool cosign, ToolRelease release, string file, string bundle, CancellationToken cancellationToken)
    {
        if (ReleaseNames.Signer(release.Tool, release.Version) is not { } signer)
            return new SignatureOutcome("this release has no bundle");
        if (!File.Exists(bundle))
            return new SignatureOutcome("its bundle is not where the release came from");
        if (!Version.TryParse(cosign.Version, out var version) || version < OldestCosign)
            return new SignatureOutcome($"{cosign.Path} is not known to be Cosign {OldestCosign} or later");
        var result = await runner.RunAsync(
            new ToolInvocation(cosign, ["verify-blob", "--bundle", bundle, "--certificate-identity", signer.Identity, "--certificate-oidc-issuer", signer.Issuer, file])
            {
                TimeLimit = TimeSpan.FromMinutes(2),
                OutputLimit = 64 * 1024,
            },
            cancellationToken);
        if (result.ExitCode == 0)
            return new SignatureOutcome(WhyNot: null);
        var words = SingleLine.Of(result.LastErrorLines(1), 500);
        if (NotReached.Any(sign => words.Contains(sign, StringComparison.Ordinal)))
            return new SignatureOutcome("Sigstore cannot be reached");
        throw new DiagnosticException(
            DiagnosticCodes.ToolSignatureInvalid,
            $"{release.FileName} of {release.DisplayName} has the pinned hash, and is not signed by {signer.Identity}: {words.TrimEnd('.')}. It was deleted and not run. Find out where the pin ({release.Origin}) and the file come from; if you pinned it yourself, take the hash from the project.");
    }
}
