using System.Text;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// The credentials that this machine already has for a registry, as the .NET SDK, Docker and Podman find them: the SDK's environment variables, then
/// Docker's config.json (credHelpers, credsStore, auths), then Podman's auth.json. The first that knows the registry wins.
/// </summary>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="home">The user's home folder.</param>
/// <param name="log">Takes lines of low importance, without secrets.</param>
internal sealed class DockerCredentials(Func<string, string?> environment, string home, CredentialHelper helper, Action<string> log) : ICredentialSource
{
    private const string DockerHubKey = "https://index.docker.io/v1/";

    /// <summary>The SDK's own names, in its order (SDK 8.0.400 and later; the last pair is the older name).</summary>
    private static readonly (string User, string Password)[] Variables =
    [
        ("DOTNET_CONTAINER_PUSH_REGISTRY_UNAME", "DOTNET_CONTAINER_PUSH_REGISTRY_PWORD"),
        ("DOTNET_CONTAINER_REGISTRY_UNAME", "DOTNET_CONTAINER_REGISTRY_PWORD"),
        ("SDK_CONTAINER_REGISTRY_UNAME", "SDK_CONTAINER_REGISTRY_PWORD"),
    ];

    /// <summary>Config files are small; anything larger is not one.</summary>
    private const long LargestFile = 4 * 1024 * 1024;

    /// <summary>For this user and machine.</summary>
    public static DockerCredentials OfThisUser(Func<string, string?> environment, Action<string> log) => new(
        environment,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        new CredentialHelper(environment, CredentialHelper.RealProcess),
        log);

    /// <exception cref="DiagnosticException">SCB4006 when a helper fails, SCB4007 when a file cannot be read.</exception>
    public async Task<CredentialLookup> FindAsync(ImageReference repository, CancellationToken cancellationToken)
    {
        var registry = repository.Registry ?? throw new ArgumentException("A layout needs no credentials.", nameof(repository));
        foreach (var (user, password) in Variables)
        {
            if (environment(user) is { Length: > 0 } name && environment(password) is { Length: > 0 } secret)
                return Found(new RegistryCredential($"the environment variable {user}") { UserName = name, Password = secret });
        }
        var looked = new List<string>();
        foreach (var file in Files())
        {
            if (!File.Exists(file))
                continue;
            looked.Add(file);
            if (await FindInAsync(file, registry, repository.Repository, looked, cancellationToken) is { } credential)
                return Found(credential);
        }
        return new CredentialLookup(null, looked.Count == 0
            ? $"there are no credentials for {registry} on this machine"
            : $"there are no credentials for {registry} in {string.Join(" or ", looked)}");
    }

    /// <summary>What was set explicitly comes first, then Docker's default place, then Podman's.</summary>
    internal IEnumerable<string> Files()
    {
        if (environment("DOCKER_CONFIG") is { Length: > 0 } docker)
            yield return Path.Combine(docker, "config.json");
        if (environment("REGISTRY_AUTH_FILE") is { Length: > 0 } podman)
            yield return podman;
        if (environment("DOCKER_CONFIG") is not { Length: > 0 })
            yield return Path.Combine(home, ".docker", "config.json");
        if (environment("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
            yield return Path.Combine(runtime, "containers", "auth.json");
        yield return Path.Combine(environment("XDG_CONFIG_HOME") is { Length: > 0 } config ? config : Path.Combine(home, ".config"), "containers", "auth.json");
    }

    private async Task<RegistryCredential?> FindInAsync(string file, string registry, string repository, List<string> looked, CancellationToken cancellationToken)
    {
        using var document = await ReadAsync(file, cancellationToken);
        var root = document.RootElement;
        var server = RegistryEndpoint.IsDockerHub(registry) ? DockerHubKey : registry;
        try
        {
            if (Member(root, "credHelpers") is { } helpers && Keys(registry).Select(key => Text(helpers, key)).FirstOrDefault(v => v is not null) is { } own
                && await helper.GetAsync(own, server, cancellationToken) is { } fromOwn)
            {
                return fromOwn;
            }
            if (Text(root, "credsStore") is { Length: > 0 } store)
            {
                if (!helper.Exists(store))
                {
                    // Common where a config.json is shared with another system (WSL, dev containers): not an error unless the registry asks.
                    log($"{file} names the credential store '{SingleLine.Of(store, 300)}', which is not installed here.");
                    looked.Add($"the credential store '{SingleLine.Of(store, 300)}' (docker-credential-{SingleLine.Of(store, 300)} is not on PATH)");
                }
                else if (await helper.GetAsync(store, server, cancellationToken) is { } fromStore)
                {
                    return fromStore;
                }
            }
            return Member(root, "auths") is { } auths ? InAuths(auths, registry, repository, file) : null;
        }
        catch (InvalidOperationException e)
        {
            throw Unreadable(file, "it does not have the shape of a Docker config.json", e);
        }
    }

    /// <summary>Podman's keys may name a part of a registry (containers-auth.json(5)): the most specific wins. Docker's may be URLs.</summary>
    private static RegistryCredential? InAuths(JsonElement auths, string registry, string repository, string file)
    {
        foreach (var name in Keys(registry))
        {
            for (var key = $"{name}/{repository}"; ; key = key[..key.LastIndexOf('/')])
            {
                foreach (var entry in auths.EnumerateObject())
                {
                    if (string.Equals(Normal(entry.Name), key, StringComparison.OrdinalIgnoreCase) && Decode(entry.Value, file) is { } credential)
                        return credential;
                }
                if (key.Length <= name.Length)
                    break;
            }
        }
        return null;
    }

    private static IEnumerable<string> Keys(string registry) =>
        RegistryEndpoint.IsDockerHub(registry) ? ["index.docker.io", "docker.io", "registry-1.docker.io", DockerHubKey] : [registry];

    /// <summary><c>https://index.docker.io/v1/</c> becomes <c>index.docker.io</c>: old clients wrote URLs.</summary>
    private static string Normal(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return key.TrimEnd('/');
        var rest = key[(scheme + 3)..];
        var slash = rest.IndexOf('/');
        return slash < 0 ? rest : rest[..slash];
    }

    private static RegistryCredential? Decode(JsonElement entry, string file)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return null;
        if (Text(entry, "identitytoken") is { Length: > 0 } identity)
            return new RegistryCredential(file) { IdentityToken = identity };
        if (Text(entry, "registrytoken") is { Length: > 0 } token)
            return new RegistryCredential(file) { RegistryToken = token };
        if (Text(entry, "auth") is { Length: > 0 } auth)
        {
            string pair;
            try
            {
                pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
            }
            catch (FormatException)
            {
                throw Unreadable(file, "an 'auth' value in it is not base64", null);
            }
            var colon = pair.IndexOf(':');
            if (colon < 0)
                throw Unreadable(file, "an 'auth' value in it is not user:password", null);
            return new RegistryCredential(file) { UserName = pair[..colon], Password = pair[(colon + 1)..].TrimEnd('\0') };
        }
        return Text(entry, "username") is { Length: > 0 } user && Text(entry, "password") is { Length: > 0 } password
            ? new RegistryCredential(file) { UserName = user, Password = password }
            : null;
    }

    private static async Task<JsonDocument> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            if (stream.Length > LargestFile)
                throw Unreadable(file, "it is larger than 4 MiB", null);
            var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw Unreadable(file, "it is not a JSON object", null);
        }
        catch (JsonException e)
        {
            // The parser's message is not shown: it can quote what it stumbled over.
            throw Unreadable(file, $"it is not JSON (line {e.LineNumber + 1})", null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, SingleLine.Of(e.Message, 300), e);
        }
    }

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private CredentialLookup Found(RegistryCredential credential)
    {
        log($"Credentials come from {credential.Source}.");
        return new CredentialLookup(credential, credential.Source);
    }

    private static DiagnosticException Unreadable(string file, string why, Exception? cause) => new(
        DiagnosticCodes.CredentialFileUnreadable,
        $"{file} cannot be read for registry credentials: {why}. Repair or delete it (docker login writes it anew), or set DOTNET_CONTAINER_PUSH_REGISTRY_UNAME and DOTNET_CONTAINER_PUSH_REGISTRY_PWORD.",
        cause);
}
