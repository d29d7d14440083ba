using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>An image that is to be copied: what belongs to it, and its bytes, compared with their digests.</summary>
internal interface IImageSource
{
    /// <summary>A manifest, or an index of them.</summary>
    Descriptor Root { get; }

    /// <summary>Every configuration and layer, each once, the largest first.</summary>
    IReadOnlyList<Descriptor> Blobs { get; }

    /// <summary>The manifests below the root, each once; none for a single image.</summary>
    IReadOnlyList<Descriptor> Children { get; }

    /// <summary>Gives the content of a blob to <paramref name="write"/>, which may open it several times and seek in it.</summary>
    Task GiveBlobAsync(Descriptor blob, Func<Func<Stream>, Task> write, CancellationToken cancellationToken);

    Task<ReadOnlyMemory<byte>> ReadManifestAsync(Descriptor manifest, CancellationToken cancellationToken);

    /// <summary>These are at the destination already and are not read on the way; where it matters, that the source has the very same bytes is checked here.</summary>
    Task CheckAsync(IReadOnlyList<Descriptor> present, CancellationToken cancellationToken);
}
