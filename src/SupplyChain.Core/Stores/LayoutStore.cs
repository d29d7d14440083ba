using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// An OCI layout folder as a destination (OCI image specification 1.1, image-layout.md). Tags are <c>org.opencontainers.image.ref.name</c> annotations in index.json;
/// referrers are entries of index.json whose manifest has a subject, as ORAS reads and writes them. A manifest alone is not listed: until it is
/// tagged or has a referrer it is as good as not there, which is what a publish that failed should leave.
///
/// Blobs are copied and hashed on the way, never hard-linked from the intermediate folder: it would be faster, but the next build rewrites files there, and
/// a published image must not change with them.
/// </summary>
internal sealed class LayoutStore : IImageStore
{
    private const int LargestManifest = 4 * 1024 * 1024;
    private const int BufferSize = 128 * 1024;

    /// <summary><c>cosign verify --local-image</c> finds the image by this annotation, and takes the first that has it.</summary>
    private const string CosignKind = "kind";
    private const string CosignImage = "dev.cosignproject.cosign/image";
    private const string CosignImageIndex = "dev.cosignproject.cosign/imageIndex";

    private readonly string _directory;
    private readonly LayoutIndex _index;

    /// <param name="directory">Absolute path; made when something is written.</param>
    /// <param name="repository">Names the image in references; the folder itself knows only tags.</param>
    public LayoutStore(string directory, string repository, TimeProvider clock)
    {
        _directory = directory;
        _index = new LayoutIndex(directory, clock);
        Repository = new ImageReference(null, repository);
    }

    public ImageReference Repository { get; }

    /// <summary>Reads it all: a file of the right name and size may still hold other bytes, and would be taken for the image from then on.</summary>
    public async Task<bool> HasBlobAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        var file = new FileInfo(BlobPath(blob.Digest));
        if (!file.Exists || file.Length != blob.Size)
            return false;
        await using var stream = OpenRead(file.FullName);
        return Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken)) == blob.Digest;
    }

    public Task<Stream> ReadBlobAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        var path = BlobPath(blob.Digest);
        if (!File.Exists(path))
            throw Damaged($"blob {blob.Digest} is missing");
        return Task.FromResult<Stream>(new VerifyingStream(OpenRead(path), blob, null, why => Damaged($"blob {blob.Digest}: {why}")));
    }

    public async Task WriteBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellationToken)
    {
        await using var source = new VerifyingStream(open(), blob, null, why => new DiagnosticException(
            DiagnosticCodes.ImageChanged,
            $"blob {blob.Digest} was changed after the image was opened: {why}. Nothing was tagged. Make sure that nothing else writes to the intermediate output folder, and publish again."));
        await AddAsync(blob.Digest, target => source.CopyToAsync(target, BufferSize, cancellationToken), cancellationToken);
    }

    public async Task<byte[]?> ReadManifestAsync(Digest digest, CancellationToken cancellationToken)
    {
        var path = BlobPath(digest);
        if (!File.Exists(path))
            return null;
        await using var stream = OpenRead(path);
        var content = await BoundedBody.ReadAsync(stream, LargestManifest, cancellationToken) ?? throw Damaged($"manifest {digest} is larger than 4 MiB");
        return Digest.Of(content) == digest ? content : throw Damaged($"manifest {digest} has other content");
    }

    public async Task WriteManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length != manifest.Size || Digest.Of(content.Span) != manifest.Digest)
            throw new DiagnosticException(DiagnosticCodes.ImageChanged, $"the manifest {manifest.Digest} was changed after the image was opened. Nothing was tagged; publish again.");
        await AddAsync(manifest.Digest, target => target.WriteAsync(content, cancellationToken).AsTask(), cancellationToken);
        if (await ReadManifestAsync(manifest.Digest, cancellationToken) is null)
            throw Damaged($"manifest {manifest.Digest} was written and is gone");
    }

    public async Task<IReadOnlyList<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellationToken)
    {
        var referrers = new Dictionary<Digest, Descriptor>();
        foreach (var entry in await _index.ReadAsync(cancellationToken))
        {
            if (!MediaTypes.IsManifest(entry.MediaType) || referrers.ContainsKey(entry.Digest))
                continue;
            var content = await ReadManifestAsync(entry.Digest, cancellationToken) ?? throw Damaged($"index.json lists {entry.Digest}, which is missing");
            if (ReferrerManifest.Describe(entry, content) is { } described && described.Subject == subject)
                referrers.Add(entry.Digest, described.Descriptor);
        }
        return referrers.Values.ToArray();
    }

    public async Task WriteReferrersAsync(Descriptor subject, IReadOnlyList<ManifestContent> referrers, CancellationToken cancellationToken)
    {
        foreach (var referrer in referrers)
            await WriteManifestAsync(referrer.Descriptor, referrer.Content, cancellationToken);
        await _index.ChangeAsync(
            entries =>
            {
                var changed = ListSubject(entries, subject);
                foreach (var referrer in referrers.Where(r => entries.All(e => LayoutIndex.DigestOf(e) != r.Descriptor.Digest.ToString())))
                {
                    entries.Add(JsonSerializer.SerializeToNode(referrer.Descriptor, OciJson.Plain.Descriptor));
                    changed = true;
                }
                return changed;
            },
            cancellationToken);
    }

    public async Task<Digest?> ResolveTagAsync(string tag, CancellationToken cancellationToken) =>
        (await _index.ReadAsync(cancellationToken)).FirstOrDefault(d => d.Annotations?.GetValueOrDefault(ImageDocuments.RefName) == tag)?.Digest;

    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellationToken) =>
        [.. (await _index.ReadAsync(cancellationToken)).Select(d => d.Annotations?.GetValueOrDefault(ImageDocuments.RefName)).OfType<string>().Distinct(StringComparer.Ordinal)];

    public async Task SetTagAsync(string tag, Descriptor manifest, CancellationToken cancellationToken, bool onlyIfNew = false)
    {
        if (await ReadManifestAsync(manifest.Digest, cancellationToken) is null)
            throw Damaged($"manifest {manifest.Digest} is missing, so tag {tag} was not set");
        await _index.ChangeAsync(
            entries =>
            {
                // Looked at again under the lock: another publish may have set it since.
                if (onlyIfNew && entries.FirstOrDefault(e => LayoutIndex.TagOf(e) == tag) is { } there && LayoutIndex.DigestOf(there) != manifest.Digest.ToString())
                    throw Tagger.PointsElsewhere(this, tag, Digest.TryParse(LayoutIndex.DigestOf(there), out var other) ? other : null, manifest.Digest);
                return MoveTag(entries, tag, manifest);
            },
            cancellationToken);
    }

    /// <summary>One entry a tag. An entry without a tag becomes the tag's; the image that loses its last tag stays listed, without one.</summary>
    private static bool MoveTag(JsonArray entries, string tag, Descriptor manifest)
    {
        var digest = manifest.Digest.ToString();
        foreach (var entry in entries.Where(e => LayoutIndex.TagOf(e) == tag).ToArray())
        {
            if (LayoutIndex.DigestOf(entry) == digest)
                return false;
            if (entries.Any(e => e != entry && LayoutIndex.DigestOf(e) == LayoutIndex.DigestOf(entry)))
                entries.Remove(entry);
            else
                ((JsonObject)entry!["annotations"]!).Remove(ImageDocuments.RefName);
        }
        ListSubject(entries, manifest);
        var own = entries.Where(e => LayoutIndex.DigestOf(e) == digest).ToArray();
        if (own.FirstOrDefault(e => LayoutIndex.TagOf(e) is null) is JsonObject free)
        {
            Annotations(free)[ImageDocuments.RefName] = tag;
            return true;
        }
        var added = (JsonObject)own[0]!.DeepClone();
        Annotations(added)[ImageDocuments.RefName] = tag;
        Annotations(added).Remove(CosignKind);
        entries.Add(added);
        return true;
    }

    /// <summary>Lists the image and makes it the one that cosign finds, being the newest.</summary>
    private static bool ListSubject(JsonArray entries, Descriptor subject)
    {
        var kind = MediaTypes.IsIndex(subject.MediaType) ? CosignImageIndex : CosignImage;
        var digest = subject.Digest.ToString();
        var changed = false;
        var own = entries.FirstOrDefault(e => LayoutIndex.DigestOf(e) == digest) as JsonObject;
        if (own is null)
        {
            own = (JsonObject)JsonSerializer.SerializeToNode(new Descriptor(subject.MediaType, subject.Digest, subject.Size), OciJson.Plain.Descriptor)!;
            entries.Add(own);
            changed = true;
        }
        foreach (var other in entries.OfType<JsonObject>().Where(e => e != own && e["annotations"] is JsonObject a && a[CosignKind] is JsonValue v
            && v.TryGetValue<string>(out var text) && text is CosignImage or CosignImageIndex))
        {
            changed |= Annotations(other).Remove(CosignKind);
        }
        if (own["annotations"]?[CosignKind]?.ToString() != kind)
        {
            Annotations(own)[CosignKind] = kind;
            changed = true;
        }
        return changed;
    }

    private static JsonObject Annotations(JsonObject entry)
    {
        if (entry["annotations"] is JsonObject present)
            return present;
        var annotations = new JsonObject();
        entry["annotations"] = annotations;
        return annotations;
    }

    /// <summary>Under a name of its own first, then renamed: a file in blobs/sha256 is always complete.</summary>
    private async Task AddAsync(Digest digest, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(_directory, "blobs", $".{digest.Hex}.{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(Path.Combine(_directory, "blobs", "sha256"));
            try
            {
                await using (var target = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }))
                    await write(target);
                cancellationToken.ThrowIfCancellationRequested();
                File.Move(temporary, BlobPath(digest), overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.LayoutBusy,
                $"the OCI layout {_directory} cannot be written to: {SingleLine.Of(e.Message, 300)} Make room, make sure that the folder can be written to, or choose another SupplyChainOutputPath.",
                e);
        }
    }

    private static FileStream OpenRead(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    });

    private string BlobPath(Digest digest) => Path.Combine(_directory, "blobs", "sha256", digest.Hex);

    private DiagnosticException Damaged(string why) => new(
        DiagnosticCodes.LayoutDamaged,
        $"the OCI layout {_directory} is damaged: {why}. Delete the folder and publish again.");
}
