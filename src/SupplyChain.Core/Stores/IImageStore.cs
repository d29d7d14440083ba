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

    /// <summary>Writes a blob and makes sure the store now has it under this digest. <paramref name="open"/> may be called again for a retry.</summary>
    Task WriteBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellationToken);

    /// <summary>Null when the store does not have it.</summary>
    Task<byte[]?> ReadManifestAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>Writes a manifest under its digest (never under a tag) and reads the digest back.</summary>
    Task WriteManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Manifests whose subject is this digest, artifact types and annotations filled in.</summary>
    Task<IReadOnlyList<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellationToken);

    /// <summary>Writes a referrer (a manifest with a subject) and makes it listed, by the referrers API or the fallback index (OCI distribution 1.1, "Referrers Tag Schema").</summary>
    Task WriteReferrerAsync(Digest subject, Descriptor referrer, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>The digest a tag points to; null when there is no such tag.</summary>
    Task<Digest?> ResolveTagAsync(string tag, CancellationToken cancellationToken);

    /// <summary>Points a tag to a manifest that the store already has.</summary>
    Task SetTagAsync(string tag, Descriptor manifest, CancellationToken cancellationToken);
}
