using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>An OIDC identity that this environment offers to cosign without anybody logging in.</summary>
/// <param name="Name">For people.</param>
public sealed record AmbientIdentity(string Name)
{
    private const string TokenFile = "/var/run/sigstore/cosign/oidc-token";
    private const string SpiffeSocket = "/tmp/spire-agent/public/api.sock";
    private const string ProductName = "/sys/class/dmi/id/product_name";

    /// <summary>Looks where cosign looks (pkg/providers), without asking for a token. Null: cosign would find nothing and start to ask a person.</summary>
    public static AmbientIdentity? Find(IMachine machine)
    {
        bool IsSet(string name) => !string.IsNullOrEmpty(machine.Variable(name));
        if (IsSet("ACTIONS_ID_TOKEN_REQUEST_TOKEN") && IsSet("ACTIONS_ID_TOKEN_REQUEST_URL"))
            return new AmbientIdentity("GitHub Actions");
        if (IsSet("BUILDKITE_AGENT_ACCESS_TOKEN"))
            return new AmbientIdentity("Buildkite");
        if (IsSet("SIGSTORE_ID_TOKEN"))
            return new AmbientIdentity(IsSet("GITLAB_CI") ? "GitLab" : "SIGSTORE_ID_TOKEN");
        if (machine.FileExists(TokenFile))
            return new AmbientIdentity(TokenFile);
        if (IsSet("GOOGLE_SERVICE_ACCOUNT_NAME") || IsGoogleMachine(machine))
            return new AmbientIdentity("Google Cloud");
        return machine.FileExists(machine.Variable("SPIFFE_ENDPOINT_SOCKET") is { Length: > 0 } socket ? socket : SpiffeSocket)
            ? new AmbientIdentity("SPIFFE")
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
