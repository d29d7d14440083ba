using System.Security.Cryptography;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// A signing key in this process, opened once for everything that a publish signs. Opening it (scrypt) is a tenth of a second of computing and signing none, and a cosign that
/// signs opens it for each thing again. What it is not made for (<see cref="Of"/>), and whatever cannot be opened, cosign signs, and says what is wrong.
/// </summary>
internal sealed class OpenedKey : IDisposable
{
    private readonly Lazy<Task<ECDsa?>> _key;
    private bool _isClosed;

    private OpenedKey(Func<ECDsa?> open) => _key = new(() => Task.Run(open));

    /// <summary>Signs nothing.</summary>
    public static OpenedKey None() => new(() => null);

    /// <summary>
    /// For a key that lies here and signs alone: not keyless, not a key service, and no part for a transparency log or a timestamp server. P-256 keys, which cosign makes,
    /// and no imported ones of other kinds.
    /// </summary>
    public static OpenedKey Of(SigningSettings settings, SigningIdentity identity, IMachine machine)
    {
        const string variable = "env://";
        if (identity.Key is not { } key || settings.UsesTransparencyLog(keyless: false) || settings.UsesTimestamp(keyless: false) || !string.IsNullOrWhiteSpace(settings.SigningConfig))
            return None();
        if (key.Value.StartsWith(variable, StringComparison.Ordinal))
            return new(() => Open(machine.Variable(key.Value[variable.Length..]) ?? ""));
        return key.IsFile ? new(() => Open(machine.ReadText(key.Value))) : None();

        ECDsa? Open(string pem) => EncryptedKey.Open(pem, machine.Variable(CosignEnvironment.Password) ?? "");
    }

    /// <summary>Opens it beside other work; otherwise the first signature does.</summary>
    /// <param name="after">What is more urgent; null: nothing.</param>
    public void Begin(Task? after = null) => (after ?? Task.CompletedTask).ContinueWith(_ => Opening(), TaskScheduler.Default);

    /// <returns>Null: there is no key here that can.</returns>
    public async Task<KeySignature?> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (await OpenAsync().WaitAsync(cancellationToken) is not { } key)
            return null;
        // One key, one signature at a time.
        lock (_key)
        {
            return _isClosed ? null : new KeySignature(
                key.SignData(message.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
                KeySignature.Hint(key));
        }
    }

    /// <summary>Null: it is closed, and stays so.</summary>
    private Task<ECDsa?>? Opening()
    {
        lock (_key)
            return _isClosed ? null : _key.Value;
    }

    private async Task<ECDsa?> OpenAsync()
    {
        try
        {
            return Opening() is { } opening ? await opening : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Forgets the key; may be asked for twice, by the step that signs and by the end of the build.</summary>
    public void Dispose()
    {
        lock (_key)
        {
            _isClosed = true;
            if (_key.IsValueCreated)
                _key.Value.ContinueWith(opened => opened.Result?.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
