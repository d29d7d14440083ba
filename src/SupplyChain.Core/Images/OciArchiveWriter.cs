using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// Writes an image as an uncompressed tar that is an OCI layout, with the names that the SDK writes (one descriptor a tag), and, for one platform,
/// a <c>manifest.json</c> beside it, which is what <c>docker load</c> without the containerd store reads (the form <c>docker save</c> has since
/// Docker 25). The same image and tags give the same bytes.
/// </summary>
public static class OciArchiveWriter
{
    private const string ContainerdName = "io.containerd.image.name";

    /// <summary>Every blob is hashed again while it is copied. An older file is replaced in one step, and only on success.</summary>
    /// <param name="repository">The name the image gets; its tag and digest are ignored. Without a registry, docker's own default is meant.</param>
    /// <param name="tags">None: the image has no name in the archive.</param>
    /// <exception cref="DiagnosticException">SCB1005: the layout is not what was opened any more; SCB1008: the file cannot be written.</exception>
    public static Task WriteAsync(ImageLayout layout, ImageReference repository, IReadOnlyList<string> tags, string file, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(file);
        return Task.Run(() => Write(layout, repository, tags, target, cancellationToken), cancellationToken);
    }

    private static void Write(ImageLayout layout, ImageReference repository, IReadOnlyList<string> tags, string file, CancellationToken cancellationToken)
    {
        var unfinished = SiblingPath.New(file);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            SiblingPath.DeleteAbandoned(file);
            Fill(layout, Plan(layout, repository, tags), unfinished, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            File.Move(unfinished, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ArchiveUnwritable,
                $"cannot write the image archive {file}: {e.Message} Give a path that may be written to, on a disk with room for the image.",
                e);
        }
        finally
        {
            SiblingPath.Delete(unfinished);
        }
    }

    private static List<Entry> Plan(ImageLayout layout, ImageReference repository, IReadOnlyList<string> tags)
    {
        var entries = new List<Entry>();
        foreach (var blob in layout.ListBlobs().Concat(layout.ListManifests()))
            Add($"blobs/sha256/{blob.Digest.Hex}", blob.Size, null, blob);
        AddContent("index.json", OciLayoutFiles.Index(Named(layout.Root, repository, tags)));
        if (layout is { Platforms: [var image], Attached.Count: 0 } && MediaTypes.IsManifest(layout.Root.MediaType))
            AddContent("manifest.json", DockerManifest(image, repository, tags));
        AddContent("oci-layout", OciLayoutFiles.Marker.ToArray());
        return entries;

        void AddContent(string name, byte[] content) => Add(name, content.Length, content, null);

        void Add(string name, long size, byte[]? content, Descriptor? blob) =>
            entries.Add(new Entry(TarHeader.Write(name, size), entries is [.., var last] ? last.End : 0, size, content, blob));
    }

    private static void Fill(ImageLayout layout, List<Entry> entries, string file, CancellationToken cancellationToken)
    {
        // Two empty blocks are the end mark.
        var end = entries[^1].End;
        using var target = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: end + 2 * TarIndex.BlockSize);
        RandomAccess.Write(target, new byte[2 * TarIndex.BlockSize], end);
        SideBySide.ForEach(
            entries,
            entry =>
            {
                RandomAccess.Write(target, entry.Header, entry.Offset);
                if (entry.Content is { } content)
                    RandomAccess.Write(target, content, entry.ContentOffset);
                else
                    CopyBlob(layout, entry.Blob!, target, entry.ContentOffset, cancellationToken);
            },
            cancellationToken);
    }

    private static void CopyBlob(ImageLayout layout, Descriptor blob, SafeFileHandle target, long offset, CancellationToken cancellationToken)
    {
        using var source = LayoutCheck.Open(layout, blob);
        if (BlobCopy.Run(source, 0, blob.Size, target, cancellationToken, offset) != blob.Digest)
            throw LayoutCheck.Changed(layout, blob);
    }

    private static IReadOnlyList<Descriptor> Named(Descriptor root, ImageReference repository, IReadOnlyList<string> tags) =>
        tags.Count == 0 ? [root] : [.. tags.Select(tag => root with
        {
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                [ContainerdName] = $"{FullName(repository)}:{tag}",
                [ImageDocuments.RefName] = tag,
            },
        })];

    /// <summary>As docker completes names: containerd has no default registry of its own.</summary>
    private static string FullName(ImageReference repository) =>
        repository.Registry is not null ? repository.Name : repository.Repository.Contains('/') ? $"docker.io/{repository.Repository}" : $"docker.io/library/{repository.Repository}";

    private static byte[] DockerManifest(PlatformImage image, ImageReference repository, IReadOnlyList<string> tags) =>
        JsonSerializer.SerializeToUtf8Bytes(
            [new DockerArchiveManifest(PathOf(image.Config), [.. tags.Select(tag => $"{repository.Name}:{tag}")], [.. image.Layers.Select(PathOf)])],
            OciJson.Plain.DockerArchiveManifestArray);

    private static string PathOf(Descriptor blob) => $"blobs/sha256/{blob.Digest.Hex}";

    /// <summary>Offsets in bytes from the beginning of the tar; <see cref="Content"/> or <see cref="Blob"/>.</summary>
    private sealed record Entry(byte[] Header, long Offset, long Size, byte[]? Content, Descriptor? Blob)
    {
        public long ContentOffset => Offset + TarIndex.BlockSize;

        public long End => ContentOffset + (Size + TarIndex.BlockSize - 1) / TarIndex.BlockSize * TarIndex.BlockSize;
    }
}

/// <summary>An image in docker's own <c>manifest.json</c> (moby, tarexport.go, "manifestItem"): paths inside the archive, and full names.</summary>
internal sealed record DockerArchiveManifest(string Config, IReadOnlyList<string> RepoTags, IReadOnlyList<string> Layers);
