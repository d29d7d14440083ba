using System.Buffers.Binary;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// A vulnerability database without an advisory, for scans that only list packages and look for secrets: Trivy lists packages only where it may look for
/// vulnerabilities, and another scanner knows those. The file is a bbolt database of one empty root bucket (go.etcd.io/bbolt, page.go).
/// </summary>
internal static class EmptyTrivyDatabase
{
    private const int PageSize = 4096;

    public static async Task WriteAsync(string cacheFolder, CancellationToken cancellationToken)
    {
        if (TrivyDatabaseMetadata.Read(cacheFolder) is not null)
            return;
        Directory.CreateDirectory(Path.Combine(cacheFolder, "db"));
        // Builds side by side write the same, each whole.
        await WriteAsync(TrivyDatabaseMetadata.DatabaseFile(cacheFolder), Content(), cancellationToken);
        await WriteAsync(
            TrivyDatabaseMetadata.MetadataFile(cacheFolder),
            """{"Version":2,"NextUpdate":"2999-01-01T00:00:00Z","UpdatedAt":"2000-01-01T00:00:00Z","DownloadedAt":"2000-01-01T00:00:00Z"}"""u8.ToArray(),
            cancellationToken);
    }

    internal static byte[] Content()
    {
        var pages = new byte[4 * PageSize];
        for (ulong page = 0; page < 2; page++)
        {
            var meta = Header(pages, page, flags: 4);
            BinaryPrimitives.WriteUInt32LittleEndian(meta, 0xED0CDAED);
            BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], 2);
            BinaryPrimitives.WriteUInt32LittleEndian(meta[8..], PageSize);
            // Root bucket on page 3, list of free pages on page 2, 4 pages in all, transaction number.
            ulong[] numbers = [3, 0, 2, 4, page];
            for (var index = 0; index < numbers.Length; index++)
                BinaryPrimitives.WriteUInt64LittleEndian(meta[(16 + (8 * index))..], numbers[index]);
            BinaryPrimitives.WriteUInt64LittleEndian(meta[56..], Checksum(meta[..56]));
        }

        Header(pages, 2, flags: 16);
        Header(pages, 3, flags: 2);
        return pages;
    }

    private static Span<byte> Header(byte[] pages, ulong page, ushort flags)
    {
        var header = pages.AsSpan((int)page * PageSize, PageSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header, page);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], flags);
        return header[16..];
    }

    /// <summary>FNV-1a, 64 bit.</summary>
    private static ulong Checksum(ReadOnlySpan<byte> content)
    {
        var hash = 14695981039346656037;
        foreach (var value in content)
            hash = (hash ^ value) * 1099511628211;
        return hash;
    }

    private static async Task WriteAsync(string file, byte[] content, CancellationToken cancellationToken)
    {
        var own = $"{file}.{Path.GetRandomFileName()}";
        await File.WriteAllBytesAsync(own, content, cancellationToken);
        File.Move(own, file, overwrite: true);
    }
}
