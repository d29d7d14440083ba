using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>Writes the policies: all of them, or none.</summary>
internal static class PolicyWriter
{
    private static readonly PolicyFormat[] Unsigned = [PolicyFormat.Gatekeeper, PolicyFormat.Registries];

    /// <summary>Whether a format asks for a signature.</summary>
    public static bool NeedsSignature(PolicyFormat format) => !Unsigned.Contains(format);

    /// <exception cref="DiagnosticException">SCB6003: a format cannot verify what was signed.</exception>
    public static IReadOnlyList<PolicyDocument> Documents(PolicyRequest request, IReadOnlyList<PolicyFormat> formats)
    {
        foreach (var format in formats)
        {
            if (Refusal(format, request) is { } why)
                throw new DiagnosticException(DiagnosticCodes.PolicyFormatUnsuitable, $"SupplyChainPolicyFormats has {format}, which cannot verify what was signed: {why}. No policy was written.");
        }
        return [.. formats.Select(format => Write(format, request))];
    }

    /// <summary>The text of a policy; the same request gives the same text.</summary>
    public static string Text(PolicyDocument document, PolicyRequest request) => YamlText.Write(
        [
            $"Made by SupplyChain.Build for {request.Repository.Name}{(request.Signed is null || !document.FileName.Contains("kyverno", StringComparison.Ordinal) && !document.FileName.Contains("policy-controller", StringComparison.Ordinal) && !document.FileName.Contains("ratify", StringComparison.Ordinal) ? "" : $", signed by {request.Signed.Signer.DisplayName}")}.",
            "Make it again with dotnet build -t:SupplyChainGeneratePolicies rather than changing it here.",
            .. document.Header,
        ],
        document.Objects);

    /// <returns>The files, absolute, in the order of the documents. A file that would stay the same is not touched.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(PolicyRequest request, IReadOnlyList<PolicyFormat> formats, string directory, CancellationToken cancellationToken)
    {
        var files = Documents(request, formats).Select(document => (Path.Combine(directory, document.FileName), Text(document, request))).ToList();
        await WholeFiles.WriteAsync(files, cancellationToken);
        return [.. files.Select(file => file.Item1)];
    }

    private static string? Refusal(PolicyFormat format, PolicyRequest request) => format switch
    {
        PolicyFormat.Kyverno => KyvernoPolicy.Refusal(request.Signed!),
        PolicyFormat.KyvernoImageValidating => KyvernoImageValidatingPolicy.Refusal(request.Signed!),
        PolicyFormat.PolicyController => PolicyControllerPolicy.Refusal(request.Signed!),
        PolicyFormat.Ratify => RatifyPolicy.Refusal(request.Signed!),
        _ => null,
    };

    private static PolicyDocument Write(PolicyFormat format, PolicyRequest request) => format switch
    {
        PolicyFormat.Kyverno => KyvernoPolicy.Write(request),
        PolicyFormat.KyvernoImageValidating => KyvernoImageValidatingPolicy.Write(request),
        PolicyFormat.PolicyController => PolicyControllerPolicy.Write(request),
        PolicyFormat.Gatekeeper => GatekeeperPolicy.Write(request),
        PolicyFormat.Ratify => RatifyPolicy.Write(request),
        _ => RegistriesPolicy.Write(request),
    };
}
