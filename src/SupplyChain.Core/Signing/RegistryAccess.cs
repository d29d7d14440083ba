using System.Text;
using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>How cosign reaches the registry where docker's own configuration does not say it.</summary>
public sealed record RegistryAccess
{
    /// <summary>Null: cosign finds the login itself, in docker's configuration and its credential helpers.</summary>
    public RegistryLogin? Login { get; init; }

    /// <summary>The registry speaks HTTP. (For localhost cosign knows it by itself.)</summary>
    public bool PlainHttp { get; init; }

    /// <summary>The registry's certificate is not checked.</summary>
    public bool AnyCertificate { get; init; }

    /// <summary>A private certificate authority, PEM, absolute path.</summary>
    public string? CertificateAuthorityFile { get; init; }

    internal IEnumerable<string> Arguments =>
    [
        .. PlainHttp ? ["--allow-http-registry"] : Array.Empty<string>(),
        .. AnyCertificate ? ["--allow-insecure-registry"] : Array.Empty<string>(),
        .. string.IsNullOrWhiteSpace(CertificateAuthorityFile) ? Array.Empty<string>() : ["--registry-cacert", CertificateAuthorityFile],
    ];
}

/// <summary>A login that came from the environment (DOTNET_CONTAINER_PUSH_REGISTRY_UNAME, …_PWORD).</summary>
/// <param name="UserName"><c>&lt;token&gt;</c>: the password is an identity token, as in docker's configuration.</param>
public sealed record RegistryLogin(string UserName, string Password)
{
    /// <summary>Docker Hub's entry in every docker configuration.</summary>
    private const string DockerHub = "https://index.docker.io/v1/";

    /// <summary>Without the password.</summary>
    public override string ToString() => UserName;

    /// <summary>
    /// Writes a docker configuration with this login alone. Command lines can be read by every process, so cosign gets the login by
    /// <c>DOCKER_CONFIG</c>; the folder is the caller's private one and is deleted with it.
    /// </summary>
    internal async Task WriteAsync(string registry, string folder, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(Path.Combine(folder, "config.json"), options);
        await using var writer = new Utf8JsonWriter(file);
        writer.WriteStartObject();
        writer.WriteStartObject("auths"u8);
        foreach (var name in registry is "docker.io" or "index.docker.io" or "registry-1.docker.io" ? [registry, DockerHub] : new[] { registry })
        {
            writer.WriteStartObject(name);
            if (UserName == "<token>")
                writer.WriteString("identitytoken"u8, Password);
            else
                writer.WriteString("auth"u8, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{UserName}:{Password}")));
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
    }
}
