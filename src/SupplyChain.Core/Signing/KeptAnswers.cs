using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SupplyChain.Core.Files;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Signing;

/// <summary>
/// What cosign accepted when this project was published last: the hashes of the questions, each of which holds the bundle's bytes, the key and every argument. The same cosign says the
/// same of the same. It is never believed alone: whoever asks here has checked the signature of what the destination gave back, by the key.
/// </summary>
internal sealed class KeptAnswers
{
    private readonly FileNote _note;
    private readonly TimeProvider _clock;
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);

    /// <param name="cosign">Another one, or another release, may say something else.</param>
    private KeptAnswers(FileInfo cosign, string file, TimeSpan maximumAge, TimeProvider clock)
    {
        (_note, _clock) = (new FileNote(cosign, file), clock);
        if (_note.Read() is not { } text || text.Split('\n') is not [var at, .. var hashes]
            || !DateTimeOffset.TryParseExact(at, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) || time > clock.GetUtcNow() || clock.GetUtcNow() - time > maximumAge)
            return;
        _accepted.UnionWith(hashes);
    }

    /// <param name="file">Absolute; it need not exist.</param>
    /// <param name="maximumAge">Zero: nothing is kept.</param>
    /// <returns>Null: cosign is asked each time.</returns>
    public static KeptAnswers? Open(Tool? cosign, string file, TimeSpan maximumAge, TimeProvider clock)
    {
        try
        {
            return cosign is null || maximumAge <= TimeSpan.Zero || !File.Exists(cosign.Path) ? null : new KeptAnswers(new FileInfo(cosign.Path), file, maximumAge, clock);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public bool Has(string question) => _accepted.Contains(HashOf(question));

    /// <summary>In place of what was kept before: cosign has just been asked.</summary>
    public void Write(IEnumerable<string> questions) =>
        _note.Write(string.Join('\n', [_clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), .. questions.Select(HashOf).Distinct(StringComparer.Ordinal)]));

    private static string HashOf(string question) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question)));
}
