using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>
/// Whom a private Sigstore trusts (sigstore protobuf-specs, sigstore_trustroot.proto, as <c>cosign trusted-root create</c> writes it), in the forms that
/// admission engines take.
/// </summary>
/// <param name="Json">The file as it is.</param>
internal sealed record TrustedRootFile(string Json, IReadOnlyList<TrustedAuthority> Authorities, IReadOnlyList<TrustedLog> Logs, IReadOnlyList<TrustedLog> CertificateLogs)
{
    private const int SizeLimit = 1024 * 1024;

    /// <param name="file">Absolute.</param>
    /// <exception cref="DiagnosticException">SCB6002.</exception>
    public static async Task<TrustedRootFile> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(file).Length > SizeLimit)
                throw new FormatException($"it is larger than {SizeLimit / 1024} KB");
            return Parse(await File.ReadAllTextAsync(file, cancellationToken));
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.PolicySignerUnknown,
                $"SupplyChainTrustedRoot is '{file}', which cannot be used for a policy: {SingleLine.Of(exception.Message, 300).TrimEnd('.')}. Give the file that cosign trusted-root create wrote.",
                exception);
        }
    }

    internal static TrustedRootFile Parse(string json)
    {
        using var document = JsonDocument.Parse(json, Statement.ReadOptions);
        var root = document.RootElement;
        return new TrustedRootFile(
            json.Trim(),
            [.. Items(root, "certificateAuthorities").Select(ReadAuthority)],
            [.. Items(root, "tlogs").Select(ReadLog)],
            [.. Items(root, "ctlogs").Select(ReadLog)]);
    }

    /// <summary>All certificates of the authorities, PEM.</summary>
    public string Certificates => string.Concat(Authorities.Select(authority => authority.Chain));

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static TrustedAuthority ReadAuthority(JsonElement authority)
    {
        var subject = authority.TryGetProperty("subject", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        var chain = Items(Statement.Property(authority, "certChain", JsonValueKind.Object), "certificates").Select(certificate => Pem("CERTIFICATE", certificate)).ToList();
        return chain.Count == 0
            ? throw new FormatException("a certificate authority in it has no certificate")
            : new TrustedAuthority(Optional(subject, "organization"), Optional(subject, "commonName"), Optional(authority, "uri"), string.Concat(chain));
    }

    private static TrustedLog ReadLog(JsonElement log) => new(Optional(log, "baseUrl"), Pem("PUBLIC KEY", Statement.Property(log, "publicKey", JsonValueKind.Object)));

    private static string Pem(string label, JsonElement holder)
    {
        if (!Statement.Property(holder, "rawBytes", JsonValueKind.String).TryGetBytesFromBase64(out var bytes))
            throw new FormatException("a key or certificate in it is not Base64");
        return $"-----BEGIN {label}-----\n{string.Join('\n', Convert.ToBase64String(bytes).Chunk(64).Select(line => new string(line)))}\n-----END {label}-----\n";
    }

    private static string Optional(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}

/// <param name="Chain">PEM, the signing certificate first.</param>
internal sealed record TrustedAuthority(string Organization, string CommonName, string Url, string Chain);

/// <param name="Key">PEM.</param>
internal sealed record TrustedLog(string Url, string Key);
