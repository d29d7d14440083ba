using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SupplyChain.Core.Signing;

/// <summary>
/// What cosign has accepted in this publish: whoever kept an earlier bundle had it verified, and the same bytes, read back from the destination a
/// moment later and asked for in the same words, need no second process. Anything that differs, be it in the key file, is asked again.
/// </summary>
internal sealed class AcceptedBundles : IDisposable
{
    private readonly ConcurrentDictionary<string, bool> _accepted = new(StringComparer.Ordinal);

    public bool Has(string question) => _accepted.ContainsKey(question);

    public void Add(string question) => _accepted[question] = true;

    /// <summary>Something is going to be added: what was found before is no answer to what will be found then.</summary>
    public void Forget() => _accepted.Clear();

    /// <param name="bundle">As the destination gave it back.</param>
    /// <param name="arguments">What cosign is asked, without names of files that hold what is hashed here.</param>
    /// <returns>Null: it cannot be told whether the same is asked again.</returns>
    public static string? Question(ReadOnlyMemory<byte> bundle, ExpectedSigner signer, IEnumerable<string> arguments)
    {
        if (signer.KeyFromService)
            return null;
        try
        {
            var files = new[] { signer.Key, signer.TrustedRoot }.Select(file => file is null ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
            return string.Join('\0', [Convert.ToHexString(SHA256.HashData(bundle.Span)), .. files, .. arguments]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => Forget();
}
