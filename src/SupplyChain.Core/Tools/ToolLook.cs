using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SupplyChain.Core.Tools;

/// <summary>What was seen of a program without running it.</summary>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="Version">As the Go linker wrote it; null: not to be found.</param>
internal sealed record ToolLook(string Sha256, string? Version)
{
    /// <summary>Null: a program of the user's own. Else the pin that it was compared with.</summary>
    public string? Pin { get; init; }

    /// <summary>The release's own signature was verified.</summary>
    public bool Signed { get; init; }

    /// <summary>It was installed just now, by this very process.</summary>
    public bool IsNew { get; init; }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public static async Task<ToolLook> TakeAsync(string path, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, offset, version) = (new byte[1024 * 1024], 0L, (string?)null);
        while (true)
        {
            var read = await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken);
            if (read == 0)
                return new ToolLook(Convert.ToHexStringLower(hash.GetHashAndReset()), version);
            hash.AppendData(buffer, 0, read);
            version ??= FindVersion(file, buffer.AsSpan(0, read), offset);
            offset += read;
        }
    }

    /// <summary>The mark stands at a multiple of 16, so it never lies across two buffers of a megabyte; only a short read could cut it, and costs the version, not the hash.</summary>
    private static string? FindVersion(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        for (var at = 0; bytes[at..].IndexOf(GoBuild.Mark) is >= 0 and var found; at += found + 1)
        {
            if (GoBuild.ReadVersion(file, offset + at + found) is { } version)
                return version;
        }
        return null;
    }
}

/// <summary>
/// Remembers what programs looked like, so that a hundred megabytes are hashed once and not in every publish. A look counts for the very file it
/// was taken of: path, size, time of change and time of birth, which no copy of the folder to another machine can bring along.
/// </summary>
/// <param name="folder">Made when something is remembered. Where it cannot be written, nothing is.</param>
internal sealed class ToolMemory(string folder)
{
    private const string Nothing = "-";
    private const string SignedMark = "signed";

    public ToolLook? Recall(string path)
    {
        try
        {
            var file = FileOf(path);
            if (!File.Exists(file) || new FileInfo(file).Length > 16 * 1024)
                return null;
            var lines = File.ReadAllText(file).Split('\n');
            return lines.Length == 7 && lines[0] == path && lines[1] == Fingerprint(path) && lines[2].Length == 64
                ? new ToolLook(lines[2], Known(lines[3])) { Pin = Known(lines[4]), Signed = lines[5] == SignedMark }
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Remember(string path, ToolLook look)
    {
        var file = FileOf(path);
        var temporary = $"{file}.{Guid.NewGuid():n}.tmp";
        try
        {
            PrivateFolder.Create(folder);
            File.WriteAllText(temporary, string.Join('\n', path, Fingerprint(path), look.Sha256, look.Version ?? Nothing, look.Pin ?? Nothing, look.Signed ? SignedMark : Nothing, ""));
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A tools folder that nobody may write to: the next publish looks again.
        }
    }

    private string FileOf(string path) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..32] + ".txt");

    /// <summary>Of the file that links lead to.</summary>
    private static string Fingerprint(string path)
    {
        using var file = File.OpenHandle(path);
        return string.Create(CultureInfo.InvariantCulture, $"{RandomAccess.GetLength(file)} {File.GetLastWriteTimeUtc(file).Ticks} {File.GetCreationTimeUtc(file).Ticks}");
    }

    private static string? Known(string line) => line == Nothing ? null : line;
}
