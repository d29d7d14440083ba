using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>Says in words why signing failed. Cosign's text only chooses the words; that it failed is known by then.</summary>
internal sealed class CosignFailure(Tool cosign, SigningIdentity identity, IMachine machine)
{
    public DiagnosticException Explain(StatementToSign statement, ToolResult result, string? problem)
    {
        var said = Said(result, machine);
        bool Says(string text) => result.StandardError.Contains(text, StringComparison.Ordinal);
        if (CosignDialect.IsUnknown(result.StandardError, "--statement"))
            return new DiagnosticException(
                DiagnosticCodes.ToolUnusable,
                $"cosign ({cosign.Path}, found by {cosign.FoundBy}) is too old to sign: it has no attest-blob --statement. Install cosign 3.1.3 or later (2.6 is the minimum; 2.5 will do for SupplyChainSignatureFormat=Legacy with a key and no services), or set SupplyChainCosignPath to one.");
        if (problem is not null)
            return Failed($"cosign wrote no usable bundle for {PredicateTypes.Describe(statement.PredicateType)}: {SingleLine.Of(problem, 300).TrimEnd('.')}. Is {cosign.Path} (found by {cosign.FoundBy}) an official cosign, 2.6 or later?");
        if (identity.Key is { } key)
        {
            if (Says("decryption failed"))
                return Unusable(string.IsNullOrEmpty(machine.Variable("COSIGN_PASSWORD"))
                    ? $"the signing key {key.DisplayName} has a password, and the environment variable COSIGN_PASSWORD is empty. Set it to the key's password."
                    : $"the signing key {key.DisplayName} has another password than the environment variable COSIGN_PASSWORD gives. Set it to the key's password; mind spaces and line ends.");
            if (Says("reading key:") || Says("getting signer:"))
                return Unusable($"the signing key {key.DisplayName} cannot be used: {said}. Give a private key as cosign generate-key-pair writes it, or check the access to the key service.");
        }
        else if (Says("retrieving ID token") || Says("identity token"))
        {
            return Failed($"cosign got no usable identity token from {identity.Ambient!.Name}: {said}. The token must be for the audience 'sigstore' and not have expired.");
        }
        return Failed($"cosign could not sign {PredicateTypes.Describe(statement.PredicateType)} with {identity.DisplayName}: {said}. Nothing was signed.");
    }

    /// <summary>
    /// The line that matters, without secrets. Cosign says it twice ("Error: …", "error during command execution: …") and prints warnings before.
    /// </summary>
    /// <param name="secrets">Besides those of the environment. All are taken out before the line is cut: half a secret would no longer be recognised.</param>
    public static string Said(ToolResult result, IMachine machine, params string?[] secrets)
    {
        var lines = result.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.LastOrDefault(text => text.StartsWith("Error: ", StringComparison.Ordinal))?["Error: ".Length..]
            ?? lines.LastOrDefault()
            ?? $"it ended with exit code {result.ExitCode} and said nothing";
        return SingleLine.Of(CosignEnvironment.Mask(line, machine, secrets), 300).TrimEnd('.', ' ', ':');
    }

    private static DiagnosticException Failed(string message) => new(DiagnosticCodes.SigningFailed, message);

    private static DiagnosticException Unusable(string message) => new(DiagnosticCodes.KeyUnusable, message);
}
