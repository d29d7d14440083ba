using System.Text;
using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>A file or folder of a layer. The name is relative, without <c>/</c> at its end; <see cref="Offset"/> is where the content stands, in bytes.</summary>
internal sealed record LayerEntry(string Name, TarHeader Header, long Offset)
{
    internal bool IsFolder => Header.Type == (byte)'5';
}

/// <summary>
/// The uncompressed tar of an application's layer (OCI image specification 1.1, layer.md). Only what the SDK writes is understood, files and folders:
/// of anything else it could not be said that the same is written again.
/// </summary>
internal static class LayerTar
{
    private const int MaximumEntries = 200_000;
    private const int MaximumExtendedHeader = 64 * 1024;

    /// <summary>Null: there are links, devices, attributes, names that stand twice or other things in it that this package does not write; or it is damaged.</summary>
    internal static List<LayerEntry>? TryRead(SafeFileHandle tar, CancellationToken cancellationToken)
    {
        try
        {
            return Read(tar, RandomAccess.GetLength(tar), cancellationToken);
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }

    /// <summary>In the order given, every entry with the same date (seconds since 1970-01-01), and the end mark.</summary>
    internal static void Write(Stream target, SafeFileHandle source, IEnumerable<LayerEntry> entries, long date, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteHeader(target, entry, date);
            for (long done = 0; done < entry.Header.Size;)
            {
                var read = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.Header.Size - done)), entry.Offset + done);
                if (read == 0)
                    throw new EndOfStreamException();
                target.Write(buffer, 0, read);
                done += read;
            }
            Pad(target, entry.Header.Size);
        }
        target.Write(new byte[2 * TarIndex.BlockSize]);
    }

    private static List<LayerEntry>? Read(SafeFileHandle tar, long length, CancellationToken cancellationToken)
    {
        var entries = new List<LayerEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var block = new byte[TarIndex.BlockSize];
        string? nextName = null;
        for (long position = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!BlobCopy.TryFill(tar, block, position) || entries.Count > MaximumEntries)
                return null;
            if (!block.AsSpan().ContainsAnyExcept((byte)0))
                return nextName is null && IsEnd(tar, position, length) ? entries : null;
            var header = TarHeader.ParseAll(block);
            position += TarIndex.BlockSize;
            // Written so that no hostile size can overflow.
            if (header.Size < 0 || header.Size > length - position)
                return null;
            if (header.Type == (byte)'x')
            {
                var content = new byte[Math.Min(header.Size, MaximumExtendedHeader)];
                if (nextName is not null || header.Size > content.Length || !BlobCopy.TryFill(tar, content, position))
                    return null;
                foreach (var (key, value) in PaxRecords.Parse(content))
                {
                    if (key == "path")
                        nextName = value;
                    else if (key is not ("mtime" or "atime" or "ctime"))
                        return null;
                }
            }
            else
            {
                var given = nextName ?? header.Name;
                var name = TarName.Normalise(given);
                var isFolder = header.Type == (byte)'5';
                if (!(isFolder && header.Size == 0) && !(header.Type is 0 or (byte)'0' && !given.EndsWith('/')) || name.Length == 0 || !names.Add(name))
                    return null;
                entries.Add(new LayerEntry(name, header, position));
                nextName = null;
            }
            position += header.Size + (TarIndex.BlockSize - header.Size % TarIndex.BlockSize) % TarIndex.BlockSize;
        }
    }

    private static void WriteHeader(Stream target, LayerEntry entry, long date)
    {
        var name = entry.IsFolder ? entry.Name + "/" : entry.Name;
        if (name.Length > 99 || !Ascii.IsValid(name))
        {
            var record = PaxRecords.Write("path", name);
            target.Write(new TarHeader("PaxHeader", (byte)'x', record.Length) { Mode = 0b110_100_100, ModifiedAt = date }.ToBlock());
            target.Write(record);
            Pad(target, record.Length);
            // Readers that know pax take the name from there; all do since 2001.
            name = "name-in-extended-header";
        }
        target.Write((entry.Header with { Name = name, Type = entry.IsFolder ? (byte)'5' : (byte)'0', ModifiedAt = date }).ToBlock());
    }

    private static void Pad(Stream target, long size) => target.Write(new byte[(TarIndex.BlockSize - size % TarIndex.BlockSize) % TarIndex.BlockSize]);

    /// <summary>Nothing but zeros behind the end mark: what other readers ignore must not be lost without a word.</summary>
    private static bool IsEnd(SafeFileHandle tar, long position, long length)
    {
        var rest = length - position;
        var zeros = new byte[Math.Min(rest, 64 * 1024)];
        return rest is >= TarIndex.BlockSize and <= 64 * 1024 && BlobCopy.TryFill(tar, zeros, position) && !zeros.AsSpan().ContainsAnyExcept((byte)0);
    }
}
