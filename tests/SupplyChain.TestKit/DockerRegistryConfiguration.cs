using System.Text;

namespace SupplyChain.TestKit;

/// <summary>Writes docker-registry's own configuration file (https://distribution.github.io/distribution/about/configuration/).</summary>
internal static class DockerRegistryConfiguration
{
    // bcrypt of DockerRegistry.Password with the lowest cost there is useful here; .NET has no bcrypt, and the registry accepts nothing else.
    private const string PasswordHash = "$2y$05$abcdefghijklmnopqrstuux7DVfxfgfXTmp/9Tsk6HzX2QQGjxePG";

    /// <summary>The text of the file; what it refers to is written into <paramref name="folder"/>. JSON strings are YAML strings.</summary>
    public static string Write(DockerRegistryOptions options, TestFolder folder)
    {
        var text = new StringBuilder("""
            version: 0.1
            log:
              level: info
              formatter: text
            http:
              addr: 127.0.0.1:0
            @tls
            storage:
              delete:
                enabled: true

            """);
        text.Replace("@tls\n", options.Tls is { } tls ? $"  tls:\n    certificate: {Quote(tls.CertificateFile)}\n    key: {Quote(tls.KeyFile)}\n" : "");
        // Its storage in memory copies all of a blob for each write to it: 8 s of CPU for a base image that takes 0.3 s in a folder.
        text.Append($"  filesystem:\n    rootdirectory: {Quote(options.Storage ?? folder.File("storage"))}\n");
        if (options.RequirePassword)
        {
            var passwords = folder.File("htpasswd");
            File.WriteAllText(passwords, $"{DockerRegistry.UserName}:{PasswordHash}\n");
            text.Append($"auth:\n  htpasswd:\n    realm: test\n    path: {Quote(passwords)}\n");
        }

        if (options.Tokens is { } tokens)
        {
            var certificate = folder.File("tokens.pem");
            File.WriteAllText(certificate, tokens.Certificate);
            text.Append($"auth:\n  token:\n    realm: {Quote(tokens.Realm.ToString())}\n    service: {TokenServer.Service}\n    issuer: {TokenServer.Issuer}\n    rootcertbundle: {Quote(certificate)}\n");
        }

        if (options.Upstream is not null)
            text.Append($"proxy:\n  remoteurl: {Quote(options.Upstream)}\n");
        return text.ToString();
    }

    private static string Quote(string value) => System.Text.Json.JsonSerializer.Serialize(value);
}
