using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Signs with a cosign that knows no statements (before 2.6), for cosign's older layout and with a key: it signs the very bytes that an envelope's signature is
/// over (secure-systems-lab/dsse, protocol.md), and the envelope is written here. It enters nothing in a log, which would name those bytes and not the envelope.
/// </summary>
internal sealed class OlderCosign(IToolRunner runner, Tool cosign, KeyReference key, IMachine machine)
{
    /// <param name="statement">The statement, or a simple signing document, which is signed as it stands.</param>
    /// <param name="bundle">Where the bundle is written.</param>
    /// <param name="hint">Of the public key, as bundles carry it; see <see cref="ReadHintAsync"/>.</param>
    /// <returns>The failed run; null: it is signed.</returns>
    public async Task<ToolResult?> SignAsync(StatementToSign statement, string bundle, string hint, CancellationToken cancellationToken)
    {
        var isMessage = statement.PredicateType == PredicateTypes.SimpleSigning;
        var (message, signature) = (bundle + ".message", bundle + ".sig");
        await File.WriteAllBytesAsync(message, isMessage ? statement.Content : Envelope.ToSign(statement.Content), cancellationToken);
        var result = await RunAsync(["sign-blob", message, "--output-signature", signature, "--yes", "--key", key.Value, "--tlog-upload=false"], cancellationToken);
        if (result.ExitCode != 0)
            return result;
        var value = new KeySignature(Convert.FromBase64String((await File.ReadAllTextAsync(signature, cancellationToken)).Trim()), hint);
        await File.WriteAllBytesAsync(bundle, isMessage ? Envelope.BundleOfMessage(statement.Content, value) : Envelope.Bundle(statement.Content, value), cancellationToken);
        return null;
    }

    /// <exception cref="DiagnosticException">SCB5005: cosign does not give the public key.</exception>
    public async Task<string> ReadHintAsync(CancellationToken cancellationToken)
    {
        var result = await RunAsync(["public-key", "--key", key.Value], cancellationToken);
        return (result.ExitCode == 0 ? PublicKeySource.Fingerprint(result.StandardOutput) : null)
            ?? throw new DiagnosticException(DiagnosticCodes.SigningFailed, $"cosign could not give the public key of {key.DisplayName}: {CosignFailure.Said(result, machine)}. Nothing was signed.");
    }

    private Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => runner.RunAsync(
        new ToolInvocation(cosign, arguments) { Environment = CosignEnvironment.ForSigning(machine), TimeLimit = CosignSigner.TimeLimit, OutputLimit = 64 * 1024 }, cancellationToken);
}
