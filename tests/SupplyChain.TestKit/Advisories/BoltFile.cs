using System.Buffers.Binary;

namespace SupplyChain.TestKit.Advisories;

/// <summary>
/// Writes a bbolt database file (https://github.com/etcd-io/bbolt) once, from the leaves up: what trivy keeps its advisories in. There is no
/// reading and no changing. All numbers are little-endian, a page is 4096 bytes, a B+ tree a bucket.
/// </summary>
internal sealed class BoltFile
{
    private const int PageSize = 4096;
    private const int PageHeader = 16;
    private const int ElementHeader = 16;
    private const ushort BranchPage = 1, LeafPage = 2, MetaPage = 4, FreeListPage = 16;
    private const uint BucketElement = 1;
    private const ulong FreeList = 2;

    private readonly MemoryStream _pages = new();

    private BoltFile()
    {
    }

    /// <summary>Where the next page goes; after the two metas and the empty list of free pages.</summary>
    private ulong Next => (ulong)_pages.Length / PageSize;

    public static void Write(string path, BoltBucket root)
    {
        var file = new BoltFile();
        file._pages.SetLength(3 * PageSize);
        var top = file.WriteBucket(root);
        file.WriteMeta(0, top);
        file.WriteMeta(1, top);
        file.WriteHeader(FreeList, FreeListPage, count: 0, overflow: 0);
        using var output = File.Create(path);
        file._pages.WriteTo(output);
    }

    /// <returns>The root page of the bucket.</returns>
    private ulong WriteBucket(BoltBucket bucket)
    {
        var elements = bucket.Entries.Select(entry => entry.Value is BoltBucket inner
            ? new Element(entry.Key, [.. Bytes(WriteBucket(inner)), .. Bytes(0UL)], BucketElement)
            : new Element(entry.Key, (byte[])entry.Value, 0)).ToList();
        var level = WriteLevel(elements, LeafPage);
        while (level.Count > 1)
            level = WriteLevel(level, BranchPage);
        return level[0].Page;
    }

    /// <summary>Writes elements into as many pages as they need.</summary>
    /// <returns>An element for each page, for the level above.</returns>
    private List<Element> WriteLevel(List<Element> elements, ushort kind)
    {
        var written = new List<Element>();
        for (var first = 0; first < elements.Count || written.Count == 0;)
        {
            var size = PageHeader;
            var end = first;
            while (end < elements.Count && (end == first || size + elements[end].Size <= PageSize))
                size += elements[end++].Size;
            var page = WritePage(elements.GetRange(first, end - first), size, kind);
            written.Add(new Element(elements.Count == 0 ? [] : elements[first].Key, [], 0) { Page = page });
            first = end;
        }

        return written;
    }

    private ulong WritePage(List<Element> elements, int size, ushort kind)
    {
        var page = Next;
        var pages = (size + PageSize - 1) / PageSize;
        _pages.SetLength(_pages.Length + (pages * PageSize));
        WriteHeader(page, kind, (ushort)elements.Count, (uint)(pages - 1));
        var headers = (int)page * PageSize + PageHeader;
        var data = headers + (elements.Count * ElementHeader);
        foreach (var element in elements)
        {
            var position = (uint)(data - headers);
            byte[] header = kind == LeafPage
                ? [.. Bytes(element.Flags), .. Bytes(position), .. Bytes((uint)element.Key.Length), .. Bytes((uint)element.Value.Length)]
                : [.. Bytes(position), .. Bytes((uint)element.Key.Length), .. Bytes(element.Page)];
            WriteAt(headers, header);
            WriteAt(data, [.. element.Key, .. element.Value]);
            headers += ElementHeader;
            data += element.Key.Length + element.Value.Length;
        }

        return page;
    }

    private void WriteHeader(ulong page, ushort kind, ushort count, uint overflow)
    {
        var header = new byte[PageHeader];
        BinaryPrimitives.WriteUInt64LittleEndian(header, page);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), kind);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), count);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), overflow);
        WriteAt((int)page * PageSize, header);
    }

    /// <summary>A meta page says where the tree starts; there are two, and the one with the higher transaction number counts.</summary>
    private void WriteMeta(ulong page, ulong root)
    {
        byte[] meta =
        [
            .. Bytes(0xED0CDAEDu), .. Bytes(2u), .. Bytes((uint)PageSize), .. Bytes(0u),
            .. Bytes(root), .. Bytes(0UL), .. Bytes(FreeList), .. Bytes(Next), .. Bytes(page),
        ];
        WriteHeader(page, MetaPage, count: 0, overflow: 0);
        WriteAt((int)page * PageSize + PageHeader, [.. meta, .. Bytes(Fnv1a(meta))]);
    }

    private void WriteAt(int position, byte[] bytes)
    {
        _pages.Position = position;
        _pages.Write(bytes);
    }

    private static ulong Fnv1a(byte[] bytes) => bytes.Aggregate(14695981039346656037, (hash, next) => unchecked((hash ^ next) * 1099511628211));

    private static byte[] Bytes(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return bytes;
    }

    private static byte[] Bytes(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return bytes;
    }

    /// <summary>A leaf's key and value, or a branch's key and <see cref="Page"/>.</summary>
    private sealed record Element(byte[] Key, byte[] Value, uint Flags)
    {
        public ulong Page { get; init; }

        public int Size => ElementHeader + Key.Length + Value.Length;
    }
}
