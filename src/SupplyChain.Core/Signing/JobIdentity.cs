using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// Who this environment says that it is, known without asking anybody. A keyless certificate is compared with it: what our own bundle says about its
/// maker proves nothing, since everybody can have a certificate.
/// </summary>
/// <param name="Issuer">The OIDC issuer; one that begins so and goes on with <c>/</c> counts too (GitHub Enterprise adds its own name).</param>
/// <param name="Subjects">Any one of them must be the certificate's subject.</param>
/// <param name="Run">The address of this very run, which Fulcio writes into certificates of GitHub and GitLab; stronger than the subject.</param>
internal sealed record JobIdentity(string Issuer, IReadOnlyList<string> Subjects, string? Run = null)
{
    private const string GitHubIssuer = "https://token.actions.githubusercontent.com";

    /// <summary>Further issuers that the certificate may name: those that an OIDC broker (Dex) passes on.</summary>
    public IReadOnlyList<string> BrokeredIssuers { get; init; } = [];

    /// <summary>Null: this environment has an identity and does not say which (a machine of Google Cloud, SPIFFE).</summary>
    /// <exception cref="DiagnosticException">SCB5002: what should be an identity token is none.</exception>
    public static JobIdentity? Read(AmbientIdentity ambient, IMachine machine) => ambient.Source switch
    {
        IdentitySource.GitHubActions => OfGitHub(machine),
        IdentitySource.Buildkite => machine.Variable("BUILDKITE_ORGANIZATION_SLUG") is { Length: > 0 } organization && machine.Variable("BUILDKITE_PIPELINE_SLUG") is { Length: > 0 } pipeline
            ? new JobIdentity("https://agent.buildkite.com", [$"https://buildkite.com/{organization}/{pipeline}"])
            : null,
        IdentitySource.TokenVariable => OfToken(machine.Variable(AmbientIdentity.TokenVariable)!, AmbientIdentity.TokenVariable),
        IdentitySource.TokenFile => OfToken(ReadTokenFile(machine), AmbientIdentity.TokenFile),
        IdentitySource.Google => machine.Variable("GOOGLE_SERVICE_ACCOUNT_NAME")?.Split('/')[^1] is { } account && account.Contains('@')
            ? new JobIdentity("https://accounts.google.com", [account])
            : null,
        _ => null,
    };

    /// <summary>Whether it was made for another run of this very job: the same subject and issuer. Where workflows are reused that cannot be known, and is false.</summary>
    public bool IsOfThisJob(CertificateIdentity certificate) => IsSameIssuer(certificate) && Subjects.Contains(certificate.Subject);

    private bool IsSameIssuer(CertificateIdentity certificate) =>
        certificate.Issuer == Issuer || certificate.Issuer.StartsWith(Issuer + "/", StringComparison.Ordinal) || BrokeredIssuers.Contains(certificate.Issuer);

    /// <param name="earlier">It may be of an earlier run of this job.</param>
    /// <exception cref="DiagnosticException">SCB5008: the certificate is another one's.</exception>
    public void Check(CertificateIdentity certificate, bool earlier = false)
    {
        var same = !earlier && Run is not null && certificate.Run is { } run ? run == Run : Subjects.Contains(certificate.Subject);
        if (IsSameIssuer(certificate) && same)
            return;
        throw new DiagnosticException(
            DiagnosticCodes.CertificateOfAnother,
            $"the certificate was made for {SingleLine.Of(certificate.Subject, 300)} by {SingleLine.Of(certificate.Issuer, 300)}, and this job is {string.Join(" or ", Run is null ? Subjects : [Run])} of {Issuer}. Nothing was attached or tagged. If that certificate is the right one all the same, say so with SupplyChainCertificateIdentity and SupplyChainCertificateOidcIssuer; otherwise find out who answered for Fulcio.");
    }

    /// <summary>
    /// The workflow in the certificate is the called one where workflows are reused, so the run is what is compared; the workflow only where a
    /// Fulcio names no run (oid-info.md, 1.3.6.1.4.1.57264.1.21).
    /// </summary>
    private static JobIdentity? OfGitHub(IMachine machine)
    {
        var server = machine.Variable("GITHUB_SERVER_URL") is { Length: > 0 } given ? given.TrimEnd('/') : "https://github.com";
        var (repository, run) = (machine.Variable("GITHUB_REPOSITORY"), machine.Variable("GITHUB_RUN_ID"));
        if (string.IsNullOrEmpty(repository) || string.IsNullOrEmpty(run))
            return null;
        var attempt = machine.Variable("GITHUB_RUN_ATTEMPT") is { Length: > 0 } number ? number : "1";
        var host = server.Split("://")[^1];
        var issuer = host == "github.com" ? GitHubIssuer
            : host.EndsWith(".ghe.com", StringComparison.Ordinal) ? $"https://token.actions.{host}"
            : $"{server}/_services/token";
        var workflow = machine.Variable("GITHUB_WORKFLOW_REF") is { Length: > 0 } reference ? $"{server}/{reference}" : $"{server}/{repository}";
        return new JobIdentity(issuer, [workflow], $"{server}/{repository}/actions/runs/{run}/attempts/{attempt}");
    }

    /// <summary>The claims that Fulcio makes a subject of (fulcio, docs/oidc.md). The token's signature is Fulcio's business.</summary>
    private static JobIdentity OfToken(string token, string from)
    {
        try
        {
            var parts = token.Trim().Split('.');
            using var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
            var root = claims.RootElement;
            string? Claim(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            List<string> subjects = [.. new[] { Claim("email"), Claim("sub") }.OfType<string>()];
            subjects.AddRange(new[] { Claim("ci_config_ref_uri"), Claim("job_workflow_ref") is { } workflow ? $"github.com/{workflow}" : null }.OfType<string>().Select(address => $"https://{address}"));
            if (Claim("sub")?.Split(':') is ["system", "serviceaccount", var space, var account])
                subjects.Add($"https://kubernetes.io/namespaces/{space}/serviceaccounts/{account}");
            var broker = root.TryGetProperty("federated_claims", out var federated) && federated.ValueKind == JsonValueKind.Object
                && federated.TryGetProperty("connector_id", out var connector) && connector.ValueKind == JsonValueKind.String ? connector.GetString() : null;
            return new JobIdentity(Claim("iss") ?? throw new FormatException("it names no issuer"), subjects) { BrokeredIssuers = broker is null ? [] : [broker] };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or IndexOutOfRangeException or InvalidOperationException)
        {
            // Nothing of it is repeated: it may be a good token with a line too many.
            throw new DiagnosticException(DiagnosticCodes.NothingToSignWith, $"{from} holds no identity token: a JSON Web Token of three parts, with an issuer, is expected. Let the CI system make it (GitLab: id_tokens with aud: sigstore).", exception);
        }
    }

    private static string ReadTokenFile(IMachine machine)
    {
        try
        {
            return machine.ReadText(AmbientIdentity.TokenFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.NothingToSignWith, $"the identity token in {AmbientIdentity.TokenFile} cannot be read: {exception.Message.TrimEnd('.')}. Give the user of this build read permission.", exception);
        }
    }
}
