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

    private readonly ConcurrentBag<string> _listed = [];

    /// <summary>Of the last publish; null: nothing was kept.</summary>
    public KeptAnswers? Kept { get; private set; }

    /// <summary>What cosign has just been asked together: worth keeping.</summary>
    public IReadOnlyCollection<string> Listed => _listed;

    public static AcceptedBundles After(KeptAnswers? kept) => new() { Kept = kept };

    public bool Has(string question) => _accepted.ContainsKey(question);

    public void Add(string question) => _accepted[question] = true;

    public void AddListed(string question)
    {
        Add(question);
        _listed.Add(question);
    }

    /// <summary>Something is going to be added: what was found before is no answer to what will be found then.</summary>
    public void Forget()
    {
        Kept = null;
        _accepted.Clear();
        _listed.Clear();
    }

    /// <param name="bundle">As the destination gave it back.</param>
    /// <param name="arguments">What cosign is asked, without names of files that hold what is hashed here.</param>
    /// <param name="key">The key file's content, where it has been read; null: as it is now.</param>
    /// <returns>Null: it cannot be told whether the same is asked again.</returns>
    public static string? Question(ReadOnlyMemory<byte> bundle, ExpectedSigner signer, IEnumerable<string> arguments, byte[]? key = null)
    {
        if (signer.KeyFromService)
            return null;
        try
        {
            return string.Join('\0', [
                Convert.ToHexString(SHA256.HashData(bundle.Span)),
                Hash(key ?? Read(signer.Key)), Hash(Read(signer.TrustedRoot)),
                .. arguments]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        static byte[]? Read(string? file) => file is null ? null : File.ReadAllBytes(file);
        static string Hash(byte[]? content) => content is null ? "" : Convert.ToHexString(SHA256.HashData(content));
    }

    public void Dispose() => Forget();
}
