using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>What <c>cosign verify-attestation</c> prints on standard output: one DSSE envelope a line, only those whose signature it accepted.</summary>
internal static class VerifiedEnvelopes
{
    /// <summary>Bytes of output that are kept. It must hold several SBOMs in Base64.</summary>
    public const int SizeLimit = 256 * 1024 * 1024;

    /// <summary>Lines that are not an envelope over a statement are left out: they prove nothing, and what is missing is an error at the caller.</summary>
    public static IEnumerable<(ReadOnlyMemory<byte> Payload, Statement Statement)> Read(string output)
    {
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // Ten megabytes of other words cost half a minute of exceptions.
            if (line[0] != '{')
                continue;
            (ReadOnlyMemory<byte>, Statement)? envelope = null;
            try
            {
                using var document = JsonDocument.Parse(line, Statement.ReadOptions);
                var (payload, statement, _) = Bundle.ReadEnvelope(document.RootElement);
                envelope = (payload, statement);
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
            }
            if (envelope is { } read)
                yield return read;
        }
    }
}
