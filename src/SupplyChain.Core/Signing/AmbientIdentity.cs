using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>An OIDC identity that this environment offers to cosign without anybody logging in.</summary>
/// <param name="Name">For people.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record AmbientIdentity(string Name, IdentitySource Source)
{
    internal const string TokenVariable = "SIGSTORE_ID_TOKEN";
    internal const string TokenFile = "/var/run/sigstore/cosign/oidc-token";
    private const string SpiffeSocket = "/tmp/spire-agent/public/api.sock";
    private const string ProductName = "/sys/class/dmi/id/product_name";

    /// <summary>Looks where cosign looks (pkg/providers), without asking for a token. Null: cosign would find nothing and start to ask a person.</summary>
    public static AmbientIdentity? Find(IMachine machine)
    {
        bool IsSet(string name) => !string.IsNullOrEmpty(machine.Variable(name));
        if (IsSet("ACTIONS_ID_TOKEN_REQUEST_TOKEN") && IsSet("ACTIONS_ID_TOKEN_REQUEST_URL"))
            return new AmbientIdentity("GitHub Actions", IdentitySource.GitHubActions);
        if (IsSet("BUILDKITE_AGENT_ACCESS_TOKEN"))
            return new AmbientIdentity("Buildkite", IdentitySource.Buildkite);
        if (IsSet(TokenVariable))
            return new AmbientIdentity(IsSet("GITLAB_CI") ? "GitLab" : TokenVariable, IdentitySource.TokenVariable);
        if (machine.FileExists(TokenFile))
            return new AmbientIdentity(TokenFile, IdentitySource.TokenFile);
        if (IsSet("GOOGLE_SERVICE_ACCOUNT_NAME") || IsGoogleMachine(machine))
            return new AmbientIdentity("Google Cloud", IdentitySource.Google);
        return machine.FileExists(machine.Variable("SPIFFE_ENDPOINT_SOCKET") is { Length: > 0 } socket ? socket : SpiffeSocket)
            ? new AmbientIdentity("SPIFFE", IdentitySource.Spiffe)
            : null;
    }

    /// <summary>GitHub gives a job both variables of its token service, or neither: neither means that the workflow does not permit it.</summary>
    public static bool IsGitHubWithoutPermission(IMachine machine) =>
        machine.Variable("GITHUB_ACTIONS") == "true" && string.IsNullOrEmpty(machine.Variable("ACTIONS_ID_TOKEN_REQUEST_URL"));

    private static bool IsGoogleMachine(IMachine machine)
    {
        try
        {
            return machine.FileExists(ProductName) && machine.ReadText(ProductName).Trim() is "Google" or "Google Compute Engine";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>The ways in which cosign finds an identity by itself (cosign, pkg/providers).</summary>
public enum IdentitySource
{
    GitHubActions,
    Buildkite,
    TokenVariable,
    TokenFile,
    Google,
    Spiffe,
}
