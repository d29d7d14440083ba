using SupplyChain.Core.Stores;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>What cosign's environment holds besides the build's own. Secrets travel here and nowhere else.</summary>
internal static class CosignEnvironment
{
    internal const string Password = "COSIGN_PASSWORD";

    /// <summary>Variables that hold what only a signer needs.</summary>
    private static readonly string[] Secrets =
        [Password, "COSIGN_PKCS11_PIN", "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN"];

    /// <summary>The password is always set, even if empty: without it cosign reads it from the terminal or from standard input.</summary>
    /// <param name="certificateAuthorityFile">A private certificate authority, for the services that cosign asks; null: none.</param>
    public static Dictionary<string, string?> ForSigning(IMachine machine, string? certificateAuthorityFile = null)
    {
        // All of them, though a process inherits them anyway: the machine that was looked at is the one that signs.
        var environment = Secrets.ToDictionary(name => name, machine.Variable);
        environment[Password] ??= "";
        return Trust(environment, machine, certificateAuthorityFile);
    }

    /// <summary>A verifier is a stranger: it gets none of the signer's secrets. (A key service or a token may want its own to hand out the public key.)</summary>
    public static Dictionary<string, string?> ForVerifying(bool keyFromService) =>
        keyFromService ? [] : Secrets.ToDictionary(name => name, _ => (string?)null);

    /// <summary>
    /// The variable takes the place of the machine's file of authorities, not of its folders of them, which Go reads as well (crypto/x509, root_unix.go). A
    /// file that the user has named there stays.
    /// </summary>
    public static Dictionary<string, string?> Trust(Dictionary<string, string?> environment, IMachine machine, string? certificateAuthorityFile)
    {
        const string variable = "SSL_CERT_FILE";
        if (certificateAuthorityFile is not null && string.IsNullOrEmpty(machine.Variable(variable)))
            environment[variable] = certificateAuthorityFile;
        return environment;
    }

    /// <summary>Takes secrets out of what a tool said, before anybody reads it.</summary>
    public static string Mask(string text, IMachine machine, params string?[] more)
    {
        var mask = new SecretMask();
        foreach (var secret in Secrets.Select(machine.Variable).Concat(more))
            mask.Add(secret);
        return mask.Apply(text);
    }
}
