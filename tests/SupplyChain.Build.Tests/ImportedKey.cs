using System.Security.Cryptography;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A key of another kind than cosign makes (RSA): one with which cosign itself has to sign.</summary>
internal static class ImportedKey
{
    /// <summary>Writes NAME.key and NAME.pub.</summary>
    public static async Task MakeAsync(TestFolder folder, string name, string password = "")
    {
        using var rsa = RSA.Create(2048);
        await File.WriteAllTextAsync(folder.File("own.pem"), rsa.ExportPkcs8PrivateKeyPem());
        await Cli.Wrap(Toolchain.Require("cosign")).WithArguments(["import-key-pair", "--key", folder.File("own.pem"), "--output-key-prefix", folder.File(name), "--yes"])
            .WithEnvironmentVariables(new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = password }).ExecuteBufferedAsync();
        File.Delete(folder.File("own.pem"));
    }
}
