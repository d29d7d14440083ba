using System.Globalization;
using System.Security.Cryptography;
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
        var note = Path.Combine(cacheFolder, "supplychain", "database-digest.txt");
        try
        {
            var identity = Identity(file);
            if (Read(note, identity) is { } known)
                return known;
            await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20, useAsync: true);
            var digest = Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
            file.Refresh();
            if (Identity(file) != identity)
                return null;
            Write(note, $"{identity} {digest}");
            return digest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Identity(FileInfo file) => string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}");

    private static Digest? Read(string note, string identity) =>
        File.Exists(note) && File.ReadAllText(note).Trim() is var text && text.StartsWith(identity + " ", StringComparison.Ordinal) && Digest.TryParse(text[(identity.Length + 1)..], out var digest) ? digest : null;

    /// <summary>Whole or not at all: other builds read it at the same time.</summary>
    private static void Write(string note, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(note)!);
            var own = $"{note}.{Path.GetRandomFileName()}";
            File.WriteAllText(own, text);
            File.Move(own, note, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only cache folder: it is computed again next time.
        }
    }
}
