using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace SupplyChain.Core.Images;

/// <summary>A layer as it lies in an image: a tar in gzip (RFC 1952).</summary>
internal static class GzipLayer
{
    /// <summary>Anything larger is no application's layer, or a compressed nothing that is meant to fill the disk.</summary>
    private const long MaximumSize = 8L * 1024 * 1024 * 1024;

    /// <summary>The hash of the uncompressed content (the diffID of config.md); null: no gzip, damaged, or too large.</summary>
    /// <param name="target">Takes the uncompressed content; null: hash only.</param>
    internal static Digest? Unpack(string file, Stream? target, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        try
        {
            using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            long size = 0;
            for (int read; (read = gzip.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if ((size += read) > MaximumSize)
                    return null;
                hash.AppendData(buffer, 0, read);
                target?.Write(buffer, 0, read);
            }
            return Digest.FromHash(hash.GetHashAndReset());
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Compresses; the same content gives the same bytes wherever it is done.</summary>
    /// <returns>Hash and size of the compressed file.</returns>
    internal static (Digest Digest, long Size) Pack(Action<Stream> write, string file)
    {
        using (var target = new FileStream(file, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 128 * 1024))
        {
            using (var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
                write(gzip);
            // RFC 1952, 2.3.1: the operating system that it was made on. 255: unknown.
            target.Position = 9;
            target.WriteByte(255);
        }
        using var content = File.OpenHandle(file);
        var size = RandomAccess.GetLength(content);
        return (BlobCopy.Run(content, 0, size, null, CancellationToken.None)!.Value, size);
    }

    /// <summary>The hash of what is written, without keeping it.</summary>
    internal static Digest Hash(Action<Stream> write)
    {
        using var sha = SHA256.Create();
        using (var hashing = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write))
            write(hashing);
        return Digest.FromHash(sha.Hash);
    }
}
