using System.Text.RegularExpressions;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A key as cosign takes it: a file, <c>env://NAME</c>, or a URI (<c>awskms://</c>, <c>azurekms://</c>, <c>gcpkms://</c>, <c>hashivault://</c>,
/// <c>k8s://</c>, <c>gitlab://</c>, <c>pkcs11:</c>, or one of a cosign plug-in). It never holds a secret itself.
/// </summary>
/// <param name="Value">What cosign gets: an absolute path, or the URI as it was given.</param>
/// <param name="DisplayName">For people: the path or URI as given, without query.</param>
/// <param name="IsFile">Whether <paramref name="Value"/> is a path.</param>
public sealed partial record KeyReference(string Value, string DisplayName, bool IsFile)
{
    private const string Forms = "Valid values: a key file, env://NAME, awskms://…, azurekms://…, gcpkms://…, hashivault://…, k8s://…, gitlab://…, pkcs11:….";

    /// <param name="property">The property it comes from, for messages.</param>
    /// <param name="baseDirectory">What a relative path is relative to.</param>
    /// <exception cref="DiagnosticException">SCB5004: key material or a PIN instead of a reference.</exception>
    public static KeyReference Parse(string text, string property, string baseDirectory)
    {
        text = text.Trim();
        // LS0tLS1C… is the Base64 of "-----B…". Whatever it is, it is not repeated in the message.
        if (text.Contains("-----BEGIN", StringComparison.Ordinal) || text.Contains("LS0tLS1CRUdJTi", StringComparison.Ordinal) || text.AsSpan().ContainsAny('\n', '\r'))
            throw KeyText($"{property} holds the text of a key. Properties end up in logs and binlogs: put the text into an environment variable and set {property}=env://NAME, or give the path of a key file. If it was a private key, replace it.");
        if (!Uri().IsMatch(text))
            return new KeyReference(Path.GetFullPath(text, baseDirectory), text, IsFile: true);
        if (text.Contains("pin-value=", StringComparison.OrdinalIgnoreCase))
            throw KeyText($"{property} holds a PIN (pin-value=). Command lines can be read by every process: put the PIN into the environment variable COSIGN_PKCS11_PIN, or into a file named by pin-source=.");
        if (UserPassword().IsMatch(text))
            throw KeyText($"{property} holds a password in its URI. Leave it out and log in by the environment, as the key service's documentation says.");
        return new KeyReference(text, text.Split('?', 2)[0], IsFile: false);
    }

    /// <summary>Fails early, and in words, where cosign would fail late. KMS and PKCS#11 keys can only be tried by using them.</summary>
    /// <exception cref="DiagnosticException">SCB5003.</exception>
    public void CheckPrivate(string property, IMachine machine)
    {
        if (Value.StartsWith("env://", StringComparison.Ordinal))
        {
            var name = Value["env://".Length..];
            if (string.IsNullOrEmpty(machine.Variable(name)))
                throw Unusable($"{property} is {DisplayName}, and the environment variable {name} is not set. Set it to the text of the private key, as cosign generate-key-pair writes it.");
        }
        else if (IsFile)
        {
            CheckPem(property, ReadKeyFile(property, machine));
        }
    }

    private string ReadKeyFile(string property, IMachine machine)
    {
        if (machine.DirectoryExists(Value))
            throw Unusable($"{property} is '{Value}', which is a folder. Give the path of the key file in it.");
        if (!machine.FileExists(Value))
            throw Unusable($"{property} is '{Value}', and there is no such file. Correct the path, or make a key pair with dotnet build -t:SupplyChainGenerateKeyPair. {Forms}");
        try
        {
            return machine.ReadText(Value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.KeyUnusable, $"{property} is '{Value}', and this user may not read it. Give the user of this build read permission.", exception);
        }
    }

    /// <summary>The PEM types that cosign signs with (pkg/cosign/keys.go); only the first line is looked at.</summary>
    private void CheckPem(string property, string text)
    {
        var type = PemType().Match(text) is { Success: true } match ? match.Groups[1].Value : null;
        if (type is "ENCRYPTED SIGSTORE PRIVATE KEY" or "ENCRYPTED COSIGN PRIVATE KEY")
            return;
        throw Unusable(type switch
        {
            null => $"{property} is '{Value}', which is not a key file. Give the private key that cosign generate-key-pair (or dotnet build -t:SupplyChainGenerateKeyPair) wrote.",
            "PUBLIC KEY" => $"{property} is '{Value}', which is a public key. Give the private key; a public key belongs into SupplyChainVerificationKey.",
            _ => $"{property} is '{Value}', a key of type '{type}' that cosign does not sign with. Import it once: cosign import-key-pair --key '{Value}', then give the import-cosign.key that this writes.",
        });
    }

    private static DiagnosticException KeyText(string message) => new(DiagnosticCodes.KeyTextInProperty, message);

    private static DiagnosticException Unusable(string message) => new(DiagnosticCodes.KeyUnusable, message);

    /// <summary>A scheme of at least two letters, so that C:\keys\cosign.key stays a path.</summary>
    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]+://|pkcs11:)", RegexOptions.CultureInvariant)]
    private static partial Regex Uri();

    [GeneratedRegex("^[^/]+://[^/?#]*:[^/?#]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserPassword();

    [GeneratedRegex(@"-----BEGIN ([A-Z0-9 ]{1,60})-----", RegexOptions.CultureInvariant)]
    private static partial Regex PemType();
}
