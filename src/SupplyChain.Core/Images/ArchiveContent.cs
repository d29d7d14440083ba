using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Images;

/// <summary>The files of an OCI archive, read where they stand in the tar. Every blob is hashed whenever it is read.</summary>
internal sealed class ArchiveContent : IDisposable
{
    private readonly SafeFileHandle _archive;
    private readonly IReadOnlyDictionary<string, List<TarFile>> _files;

    private ArchiveContent(SafeFileHandle archive, IReadOnlyDictionary<string, List<TarFile>> files) => (_archive, _files) = (archive, files);

    internal static ArchiveContent Open(string file, CancellationToken cancellationToken)
    {
        SafeFileHandle? archive = null;
        try
        {
            archive = File.OpenHandle(file, options: FileOptions.SequentialScan);
            var content = new ArchiveContent(archive, TarIndex.Read(archive, cancellationToken));
            archive = null;
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Unreadable(e.Message, e);
        }
        finally
        {
            archive?.Dispose();
        }
    }

    public void Dispose() => _archive.Dispose();

    internal byte[] ReadIndexJson()
    {
        if (!_files.ContainsKey("oci-layout") || !_files.ContainsKey("index.json"))
            throw Unreadable("it is no OCI layout (no oci-layout and index.json in it)");
        using var marker = StrictJson.Parse(ReadSmall("oci-layout"), "oci-layout");
        if (!marker.RootElement.TryGetProperty("imageLayoutVersion", out var version) || version.ValueKind != System.Text.Json.JsonValueKind.String
            || !version.ValueEquals("1.0.0"u8))
            throw new DiagnosticException(DiagnosticCodes.ImageMalformed, "oci-layout is not of imageLayoutVersion 1.0.0");
        return ReadSmall("index.json");
    }

    internal byte[] ReadDocument(Descriptor descriptor)
    {
        if (descriptor.Size > ImageDocuments.MaximumDocumentSize)
            throw TooLarge($"the manifest or configuration {descriptor.Digest.Short}", descriptor.Size);
        var content = Read(Find(descriptor)[0]);
        return Digest.Of(content) == descriptor.Digest ? content : throw OtherDigest(descriptor);
    }

    /// <summary>Writes a blob, and hashes every copy of it that stands in the archive.</summary>
    internal void Extract(Descriptor blob, string targetFile, CancellationToken cancellationToken)
    {
        var copies = Find(blob);
        using (var target = File.OpenHandle(targetFile, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: blob.Size))
            Check(blob, copies[0], target, cancellationToken);
        foreach (var repeat in copies.Skip(1))
            Check(blob, repeat, null, cancellationToken);
    }

    /// <summary>A second entry of a name must have the same bytes. Blobs of the image are checked when they are unpacked; these are all the others.</summary>
    internal void CheckRepeats(ImageLayout layout, CancellationToken cancellationToken)
    {
        var blobs = layout.ListBlobs().Concat(layout.ListManifests()).Select(blob => NameOf(blob.Digest)).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, entries) in _files.Where(file => file.Value.Count > 1 && !blobs.Contains(file.Key)))
        {
            var digests = entries.Select(entry => BlobCopy.Run(_archive, entry.Offset, entry.Size, null, cancellationToken));
            if (digests.Distinct().Count() > 1)
                throw new DiagnosticException(DiagnosticCodes.ArchiveHostile, $"'{name}' stands there more than once, with different content");
        }
    }

    private void Check(Descriptor blob, TarFile copy, SafeFileHandle? target, CancellationToken cancellationToken)
    {
        var digest = BlobCopy.Run(_archive, copy.Offset, copy.Size, target, cancellationToken)
            ?? throw Unreadable("it became shorter while it was read", null);
        if (digest != blob.Digest)
            throw OtherDigest(blob);
    }

    private List<TarFile> Find(Descriptor blob)
    {
        if (!_files.TryGetValue(NameOf(blob.Digest), out var copies))
            throw new DiagnosticException(DiagnosticCodes.BlobMissing, $"the blob {blob.Digest} of the image is not in it");
        if (copies.FirstOrDefault(copy => copy.Size != blob.Size) is { } other)
            throw new DiagnosticException(DiagnosticCodes.BlobMismatch, $"the blob {blob.Digest} has {other.Size} bytes, its descriptor says {blob.Size}");
        return copies;
    }

    private byte[] ReadSmall(string name)
    {
        var file = _files[name][0];
        return file.Size > ImageDocuments.MaximumDocumentSize ? throw TooLarge(name, file.Size) : Read(file);
    }

    private byte[] Read(TarFile file)
    {
        try
        {
            var content = new byte[file.Size];
            return BlobCopy.TryFill(_archive, content, file.Offset) ? content : throw Unreadable("it became shorter while it was read");
        }
        catch (IOException e)
        {
            throw Unreadable(e.Message, e);
        }
    }

    private static string NameOf(Digest digest) => $"blobs/sha256/{digest.Hex}";

    private static DiagnosticException OtherDigest(Descriptor blob) =>
        new(DiagnosticCodes.BlobMismatch, $"the content of the blob {blob.Digest} has another digest");

    private static DiagnosticException TooLarge(string what, long size) =>
        new(DiagnosticCodes.ArchiveHostile, $"{what} has {size} bytes (at most {ImageDocuments.MaximumDocumentSize})");

    private static DiagnosticException Unreadable(string what, Exception? cause = null) => new(DiagnosticCodes.ArchiveUnreadable, what, cause);
}
