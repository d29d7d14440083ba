using System.Buffers;
using System.Text;
using System.Text.Json;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.Signing;

/// <summary>How cosign reaches the registry: as this build itself did.</summary>
public sealed record RegistryAccess
{
    /// <summary>What docker's configuration is called in its folder.</summary>
    internal const string ConfigurationFile = "config.json";

    private const string DockerHubEntry = "https://index.docker.io/v1/";

    /// <summary>
    /// What the build itself shows the registry. Cosign is given the same, so that both are let in or neither, and a slow credential helper is asked
    /// once. Null: cosign looks in docker's configuration by itself.
    /// </summary>
    internal RegistryCredential? Credential { get; init; }

    /// <summary>The registry of the evidence and what it is shown, where COSIGN_REPOSITORY names another one.</summary>
    internal (string Registry, RegistryCredential Credential)? Elsewhere { get; init; }

    /// <summary>The registry speaks HTTP. (For localhost cosign knows it by itself.)</summary>
    public bool PlainHttp { get; init; }

    /// <summary>A private certificate authority, PEM, absolute path; null: the machine's.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>The same access as <see cref="RegistryStore"/> has.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">SCB4008: the registry has no usable name.</exception>
    internal static RegistryAccess For(string registry, RegistryCredential? credential, Func<string, string?> environment) => new()
    {
        Credential = credential,
        PlainHttp = RegistryEndpoint.For(registry, environment) is { Base.Scheme: "http", IsLoopback: false },
    };

    internal IEnumerable<string> Arguments
    {
        get
        {
            if (PlainHttp)
                yield return "--allow-http-registry";
            if (string.IsNullOrWhiteSpace(CertificateAuthorityFile))
                yield break;
            yield return "--registry-cacert";
            yield return CertificateAuthorityFile;
        }
    }

    internal bool HasCredential => Credential is not null || Elsewhere is not null;

    /// <summary>
    /// The variable <c>DOCKER_AUTH_CONFIG</c> (docker/cli, since version 28.3), which cosign 3 understands: with it no file holds a secret. It takes
    /// user names with passwords only.
    /// </summary>
    /// <returns>Null: another kind of credential.</returns>
    internal string? Variable(string registry) => All(registry).All(item => item.Credential is { IdentityToken: null, RegistryToken: null }) ? Encoding.UTF8.GetString(Configuration(registry)) : null;

    /// <summary>
    /// Writes a docker configuration, for a cosign that knows no such variable. Command lines can be read by every process, so cosign gets it by
    /// <c>DOCKER_CONFIG</c>; the folder is the caller's private one and is deleted with it.
    /// </summary>
    /// <param name="secret">False: one that says nothing, so that nobody looks for another one.</param>
    internal async Task WriteConfigurationAsync(string registry, string folder, bool secret, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(Path.Combine(folder, ConfigurationFile), options);
        await file.WriteAsync(secret ? Configuration(registry) : "{}"u8.ToArray(), cancellationToken);
    }

    private byte[] Configuration(string registry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("auths"u8);
            foreach (var (host, credential) in All(registry))
                Write(writer, host, credential);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private IEnumerable<(string Registry, RegistryCredential Credential)> All(string registry)
    {
        if (Credential is not null)
            yield return (registry, Credential);
        if (Elsewhere is { } elsewhere)
            yield return elsewhere;
    }

    private static void Write(Utf8JsonWriter writer, string registry, RegistryCredential credential)
    {
        writer.WriteStartObject(RegistryEndpoint.IsDockerHub(registry) ? DockerHubEntry : registry);
        if (credential.IdentityToken is { } identity)
            writer.WriteString("identitytoken"u8, identity);
        else if (credential.RegistryToken is { } token)
            writer.WriteString("registrytoken"u8, token);
        else
            writer.WriteString("auth"u8, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}")));
        writer.WriteEndObject();
    }
}
