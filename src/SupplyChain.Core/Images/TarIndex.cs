using System.Globalization;
using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>A regular file inside a tar: where its content stands. Offset and size are in bytes.</summary>
internal sealed record TarFile(string Name, long Offset, long Size);

/// <summary>
/// Lists the files of a tar (POSIX.1-2001 ustar and pax, and GNU long names) without reading their content, and refuses every entry that an
/// image archive has no use for. Own code instead of System.Formats.Tar because that one allocates as much as a hostile header asks for.
/// </summary>
internal sealed class TarIndex
{
    internal const int BlockSize = 512;
    private const int MaximumEntries = 10_000;
    private const int MaximumExtendedHeader = 64 * 1024;

    private readonly SafeFileHandle _archive;
    private readonly long _length;
    private readonly Dictionary<string, List<TarFile>> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private string? _nextName;
    private long? _nextSize;

    private TarIndex(SafeFileHandle archive)
    {
        _archive = archive;
        _length = RandomAccess.GetLength(archive);
    }

    /// <summary>By name (relative, <c>/</c> between the parts); a name that stands twice has two entries, in the order of the archive.</summary>
    internal static IReadOnlyDictionary<string, List<TarFile>> Read(SafeFileHandle archive, CancellationToken cancellationToken)
    {
        var index = new TarIndex(archive);
        index.ReadEntries(cancellationToken);
        if (index._files.Keys.FirstOrDefault(index._folders.Contains) is { } both)
            throw Hostile($"'{both}' stands there as a file and as a folder");
        return index._files;
    }

    private void ReadEntries(CancellationToken cancellationToken)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        long position = 0;
        for (var count = 0; ; count++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (count > MaximumEntries)
                throw Hostile($"it has more than {MaximumEntries} entries");
            if (!BlobCopy.TryFill(_archive, block, position))
                throw Unreadable("it ends in the middle: the end mark is missing");
            if (count == 0 && block is [0x1f, 0x8b, ..])
                throw Unreadable("it is compressed with gzip");
            if (!block.ContainsAnyExcept((byte)0))
                return;

            var header = TarHeader.Parse(block);
            var content = position + BlockSize;
            var size = header.IsExtension ? header.Size : _nextSize ?? header.Size;
            // Written so that no hostile size can overflow.
            if (size < 0 || size > _length - content)
                throw Unreadable("it ends in the middle: an entry is longer than the rest of the file");
            if (header.IsExtension)
                ReadExtension(header.Type, content, size);
            else
                Add(header, content, size);
            position = content + size + (BlockSize - size % BlockSize) % BlockSize;
        }
    }

    private void Add(TarHeader header, long offset, long size)
    {
        var given = _nextName ?? header.Name;
        (_nextName, _nextSize) = (null, null);
        var name = TarName.Normalise(given);
        switch (header.Type)
        {
            case (byte)'5':
            case 0 or (byte)'0' when given.EndsWith('/'):
                if (size != 0)
                    throw Hostile($"the folder '{name}' has content");
                _folders.Add(name);
                break;
            case 0 or (byte)'0' or (byte)'7':
                if (!_files.TryGetValue(name, out var entries))
                    _files.Add(name, entries = []);
                entries.Add(new TarFile(name, offset, size));
                break;
            case (byte)'1' or (byte)'2':
                throw Hostile($"'{name}' is a link");
            case (byte)'3' or (byte)'4' or (byte)'6':
                throw Hostile($"'{name}' is a device");
            case (byte)'S':
                throw Hostile($"'{name}' is a sparse file");
            default:
                throw Hostile($"'{name}' is an entry of the unknown type 0x{header.Type:x2}");
        }
    }

    private void ReadExtension(byte type, long offset, long size)
    {
        if (size > MaximumExtendedHeader)
            throw Hostile($"it has a header of {size} bytes (at most {MaximumExtendedHeader})");
        var content = new byte[size];
        if (!BlobCopy.TryFill(_archive, content, offset))
            throw Unreadable("it ends in the middle of a header");
        switch (type)
        {
            case (byte)'L':
                _nextName = TarHeader.Text(content);
                break;
            case (byte)'x':
            case (byte)'g':
                foreach (var (key, value) in PaxRecords.Parse(content))
                    ApplyPaxRecord(key, value, isGlobal: type == (byte)'g');
                break;
                // 'K', the long target of a link: the link itself is refused when it comes.
        }
    }

    private void ApplyPaxRecord(string key, string value, bool isGlobal)
    {
        if (key.StartsWith("GNU.sparse", StringComparison.Ordinal))
            throw Hostile("it has a sparse file");
        if (key is not ("path" or "size"))
            return;
        if (isGlobal)
            throw Hostile($"it sets '{key}' for all of its entries at once");
        if (value.Length == 0)
            return;
        if (key == "path")
            _nextName = value;
        else if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            _nextSize = size;
        else
            throw Unreadable("an extended header has a size that is no number");
    }

    private static DiagnosticException Hostile(string what) => new(DiagnosticCodes.ArchiveHostile, what);

    private static DiagnosticException Unreadable(string what) => new(DiagnosticCodes.ArchiveUnreadable, what);
}
