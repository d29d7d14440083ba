using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>A new key pair; absolute paths.</summary>
/// <param name="PrivateKeyFile">Encrypted PEM, readable by this user alone.</param>
/// <param name="Fingerprint">Base64 of the SHA-256 of the public key: the hint that bundles carry.</param>
/// <param name="HasPassword">False: COSIGN_PASSWORD was not set, so whoever has the file can sign.</param>
public sealed record KeyPair(string PrivateKeyFile, string PublicKeyFile, string Fingerprint, bool HasPassword)
{
    /// <summary>For the task to report: SCB5006 when there is no password.</summary>
    public IReadOnlyList<Diagnostic> Warnings => HasPassword
        ? []
        : [new Diagnostic(DiagnosticCodes.KeyWithoutPassword, $"the key {PrivateKeyFile} has no password: whoever reads the file can sign. Set the environment variable COSIGN_PASSWORD and make another, or guard the file well.")];
}

/// <summary>Makes a key pair with cosign; the password comes from the environment variable COSIGN_PASSWORD alone.</summary>
public sealed class KeyPairGenerator(IToolRunner runner, Tool cosign, IMachine machine)
{
    /// <summary>
    /// <c>cosign</c> in this user's configuration folder: outside of every source tree, so that a private key is not committed by accident.
    /// </summary>
    public string DefaultPrefix => Path.Combine(ConfigurationFolder, "supplychain-build", "cosign");

    private string ConfigurationFolder
    {
        get
        {
            if (machine.IsWindows)
                return machine.Variable("APPDATA") is { Length: > 0 } roaming ? roaming : Path.Combine(machine.HomeFolder, "AppData", "Roaming");
            return machine.Variable("XDG_CONFIG_HOME") is { } given && Path.IsPathFullyQualified(given) ? given : Path.Combine(machine.HomeFolder, ".config");
        }
    }

    /// <summary>Writes <c>PREFIX.key</c> and <c>PREFIX.pub</c>. Never overwrites: the old key may be the only one that verifies what is out there.</summary>
    /// <param name="prefix">Absolute; null or empty: <see cref="DefaultPrefix"/>.</param>
    /// <exception cref="DiagnosticException">SCB5003 one of the files is there already; SCB5005 cosign could not make the pair.</exception>
    public async Task<KeyPair> GenerateAsync(string? prefix, CancellationToken cancellationToken)
    {
        prefix = Path.GetFullPath(string.IsNullOrWhiteSpace(prefix) ? DefaultPrefix : prefix);
        var (privateKey, publicKey) = (prefix + ".key", prefix + ".pub");
        foreach (var file in new[] { privateKey, publicKey }.Where(File.Exists))
            throw Exists(file);
        CreateFolder(Path.GetDirectoryName(prefix)!);
        using var work = new WorkFolder(Path.GetDirectoryName(prefix)!);
        var result = await runner.RunAsync(
            new ToolInvocation(cosign, ["generate-key-pair", "--output-key-prefix", work.File("new")])
            {
                Environment = CosignEnvironment.ForSigning(machine),
                WorkingDirectory = work.Path,
                TimeLimit = TimeSpan.FromMinutes(1),
                OutputLimit = 64 * 1024,
            },
            cancellationToken);
        var fingerprint = result.ExitCode == 0 && File.Exists(work.File("new.key")) && File.Exists(work.File("new.pub"))
            ? PublicKeySource.Fingerprint(machine.ReadText(work.File("new.pub")))
            : null;
        if (fingerprint is null)
            throw new DiagnosticException(DiagnosticCodes.SigningFailed, $"cosign could not make a key pair: {CosignFailure.Said(result, machine)}. Nothing was written.");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(work.File("new.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Place(work.File("new.key"), privateKey);
        Place(work.File("new.pub"), publicKey);
        return new KeyPair(privateKey, publicKey, fingerprint, HasPassword: !string.IsNullOrEmpty(machine.Variable("COSIGN_PASSWORD")));
    }

    /// <summary>Fails when somebody else was faster.</summary>
    private static void Place(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
        }
        catch (IOException) when (File.Exists(to))
        {
            throw Exists(to);
        }
    }

    private static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static DiagnosticException Exists(string file) => new(
        DiagnosticCodes.KeyUnusable,
        $"{file} is there already, and a key is never overwritten: it may be the only one that verifies what is already published. Use it (SupplyChainSigningKey), move it away, or choose another place for the new pair.");
}
