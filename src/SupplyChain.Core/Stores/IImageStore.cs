using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Where an image goes: one repository of a registry (OCI distribution specification 1.1), or an OCI layout folder.
/// Everything is addressed by digest; a tag is set last and on its own.
/// </summary>
public interface IImageStore
{
    /// <summary>For people and references: <c>registry.example.com/hello-api</c>, or the repository alone for a layout.</summary>
    ImageReference Repository { get; }

    Task<bool> HasBlobAsync(Descriptor blob, CancellationToken cancellationToken);

    /// <summary>The content, checked against digest and size when it has been read to its end.</summary>
    Task<Stream> ReadBlobAsync(Descriptor blob, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the blob from another repository of the same store without an upload, where the store can do that and knows such a
    /// repository (OCI distribution 1.1, "Mounting a blob from another repository"). False: nothing happened, write it.
    /// </summary>
    Task<bool> MountBlobAsync(Descriptor blob, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>Writes a blob and makes sure the store now has it under this digest. <paramref name="open"/> may be called again for a retry.</summary>
    Task WriteBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellationToken);

    /// <summary>Null when the store does not have it.</summary>
    Task<byte[]?> ReadManifestAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>Writes a manifest under its digest (never under a tag) and reads the digest back.</summary>
    Task WriteManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Manifests whose subject is this digest, artifact types and annotations filled in.</summary>
    Task<IReadOnlyList<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellationToken);

    /// <summary>
    /// Writes referrers (manifests with this subject) and makes them listed: by the referrers API or the fallback index (OCI distribution
    /// 1.1, "Referrers Tag Schema"), which is updated once for all of them. One that is listed already is not listed twice.
    /// </summary>
    Task WriteReferrersAsync(Descriptor subject, IReadOnlyList<ManifestContent> referrers, CancellationToken cancellationToken);

    /// <summary>The digest a tag points to; null when there is no such tag.</summary>
    Task<Digest?> ResolveTagAsync(string tag, CancellationToken cancellationToken);

    /// <summary>Points a tag to a manifest that the store already has.</summary>
    /// <param name="onlyIfNew">
    /// The tag is not to be moved: where the store can look and write in one step (registries that honour If-None-Match, RFC 9110, 13.1.2; a layout),
    /// somebody else who sets it at the same moment is not overwritten. Elsewhere it is set.
    /// </param>
    /// <exception cref="DiagnosticException">SCB4010: it points to another image now, or the registry lets nobody move it.</exception>
    Task SetTagAsync(string tag, Descriptor manifest, CancellationToken cancellationToken, bool onlyIfNew = false);

    /// <summary>All tags, also those that clients keep evidence under; in the order of the store.</summary>
    Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellationToken);
}

/// <summary>A manifest with its bytes. The descriptor carries <c>artifactType</c> and the manifest's annotations when it is a referrer.</summary>
public sealed record ManifestContent(Descriptor Descriptor, ReadOnlyMemory<byte> Content);
