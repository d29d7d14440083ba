using System.Security.Cryptography;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Which database it was: the SHA-256 of <c>db/trivy.db</c>, as sha256sum prints it, whoever put it there. Computed once for each database (a gigabyte takes
/// about a second) and remembered beside it by size and time.
/// </summary>
internal static class TrivyDatabaseDigest
{
    /// <summary>Null: another build replaced it meanwhile, or it cannot be read.</summary>
    public static async Task<Digest?> OfAsync(string cacheFolder, CancellationToken cancellationToken)
    {
        var file = new FileInfo(TrivyDatabaseMetadata.DatabaseFile(cacheFolder));
        try
        {
            var note = new FileNote(file, Path.Combine(cacheFolder, "supplychain", "database-digest.txt"));
            if (Digest.TryParse(note.Read() ?? "", out var known))
                return known;
            await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20, useAsync: true);
            var digest = Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
            return note.Write(digest.ToString()) ? digest : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
