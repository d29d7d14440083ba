using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>Statements that are too large are refused before anything is signed, in words that help, and not by a service afterwards.</summary>
internal static class StatementSize
{
    /// <summary>Bytes of a statement. Rekor takes the whole envelope; 3.5 MB were refused in the field (ublue-os/bluefin#4272), and Base64 adds a third.</summary>
    internal const int MostForLog = 2_500_000;

    /// <summary>Bytes of a statement whose bundle stays below what cosign reads (COSIGN_MAX_ATTACHMENT_SIZE, 128 MiB).</summary>
    internal const int Most = 90_000_000;

    /// <exception cref="DiagnosticException">SCB5503.</exception>
    public static void Require(IReadOnlyList<StatementToSign> statements, bool log)
    {
        var most = log ? MostForLog : Most;
        if (statements.FirstOrDefault(statement => statement.Content.Length > most) is not { } large)
            return;
        var (what, size, limit) = (PredicateTypes.Describe(large.PredicateType), Megabytes(large.Content.Length), Megabytes(most));
        throw new DiagnosticException(
            DiagnosticCodes.AttestationTooLarge,
            log
                ? $"{what} is {size} MB, and a transparency log takes no more than {limit} MB. Take what is not needed out of the image, leave it out of SupplyChainAttestations, or sign with a key and SupplyChainTransparencyLog=false. Nothing was signed."
                : $"{what} is {size} MB, and verifiers read no more than {limit} MB. Take what is not needed out of the image, or leave it out of SupplyChainAttestations. Nothing was signed.");

        static string Megabytes(int bytes) => (bytes / 1e6).ToString("0.#", System.Globalization.CultureInfo.InvariantCulture);
    }
}
