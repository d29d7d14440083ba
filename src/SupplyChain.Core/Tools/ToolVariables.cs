namespace SupplyChain.Core.Tools;

/// <summary>
/// Which environment variables a tool gets. For our tools an allow-list: a scanner has no business with a build's secrets (the releases of
/// CVE-2026-33634 read them from there), and what a variable may switch off in a tool must not come from a build. What the caller gives on top stands, but for secrets that the kind of key has no use for.
/// </summary>
internal static class ToolVariables
{
    /// <summary>Where things are, and in which language.</summary>
    private static readonly string[] Everyone =
    [
        "PATH", "HOME", "USER", "LOGNAME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "PROGRAMDATA", "SystemRoot", "windir", "SystemDrive", "ComSpec", "PATHEXT",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "TEMP", "TMP", "LANG", "LC_*", "TZ",
        "LD_LIBRARY_PATH", "GOMAXPROCS", "GOMEMLIMIT", "GOGC",
    ];

    /// <summary>How services are reached, and whom to believe; nothing that says who we are.</summary>
    private static readonly string[] Cosign =
    [
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE",
        "TUF_ROOT", "TUF_MIRROR", "SIGSTORE_ROOT_FILE", "SIGSTORE_REKOR_PUBLIC_KEY", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", "SIGSTORE_TSA_CERTIFICATE_FILE",
        "COSIGN_MAX_ATTACHMENT_SIZE", "COSIGN_REPOSITORY",
    ];

    private static readonly string[] Keyless = ["SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_*", "BUILDKITE_*", "GOOGLE_*", "GCE_METADATA_*", "SPIFFE_ENDPOINT_SOCKET"];

    /// <summary>Secrets that are of use for some keys only.</summary>
    private static readonly string[] Secrets = ["COSIGN_PKCS11_PIN", "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN"];

    /// <summary>The environment of the process, as changes to this one's: null removes a variable.</summary>
    /// <param name="present">The names in this process's environment.</param>
    public static Dictionary<string, string?> Changes(ToolInvocation invocation, IEnumerable<string> present)
    {
        var (isCosign, allowed) = (invocation.Tool.Name == "cosign", Allowed(invocation));
        var changes = present.Where(name => !Matches(allowed, name)).ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in invocation.Environment)
            changes[name] = isCosign && Secrets.Contains(name) && !Matches(allowed, name) ? null : value;
        return changes;
    }

    private static string[] Allowed(ToolInvocation invocation) => invocation.Tool.Name switch
    {
        "trivy" or "grype" => Everyone,
        "cosign" => [.. Everyone, .. Cosign, .. ForArguments(invocation.Arguments)],
        // Programs of the user's own (docker, podman, git, credential helpers) with needs of their own.
        _ => ["*"],
    };

    /// <summary>Who signs without a key shows the identity of the job. Who verifies without one shows nothing.</summary>
    private static string[] ForArguments(IReadOnlyList<string> arguments)
    {
        var flag = arguments.ToList().IndexOf("--key");
        if (flag >= 0 && flag + 1 < arguments.Count)
            return ForKey(arguments[flag + 1]);
        return arguments is [var command, ..] && (command.StartsWith("attest", StringComparison.Ordinal) || command.StartsWith("sign", StringComparison.Ordinal)) ? Keyless : [];
    }

    /// <summary>By the forms of <c>--key</c> that cosign knows.</summary>
    private static string[] ForKey(string key) => key.Split(':')[0].ToLowerInvariant() switch
    {
        "awskms" => ["AWS_*"],
        "azurekms" => ["AZURE_*", "IDENTITY_*", "MSI_*", "IMDS_*"],
        "gcpkms" => ["GOOGLE_*", "CLOUDSDK_*", "GCE_METADATA_*"],
        "hashivault" => ["VAULT_*", "TRANSIT_SECRET_ENGINE_PATH"],
        "openbao" => ["BAO_*", "VAULT_*", "TRANSIT_SECRET_ENGINE_PATH"],
        "k8s" => ["KUBECONFIG", "KUBERNETES_*"],
        "gitlab" => ["GITLAB_*"],
        "github" => ["GITHUB_TOKEN"],
        "env" => [key[(key.LastIndexOf('/') + 1)..]],
        // The module of a hardware key, and the plugin of a key service, read what their makers thought of.
        "pkcs11" => ["*"],
        _ when key.Contains("://", StringComparison.Ordinal) => ["*"],
        _ => [],
    };

    /// <summary>A * stands for the rest. Names have no case on Windows, and proxies stand in lower case as often as in upper case.</summary>
    private static bool Matches(string[] patterns, string name) => patterns.Any(pattern => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
        : name.Equals(pattern, StringComparison.OrdinalIgnoreCase));
}
