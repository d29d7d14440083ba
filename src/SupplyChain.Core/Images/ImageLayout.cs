namespace SupplyChain.Core.Images;

/// <summary>
/// An image as an OCI layout folder (OCI image specification 1.1, image-layout.md) whose every blob has been hashed.
/// </summary>
/// <param name="Directory">Absolute path of the folder that holds <c>oci-layout</c>, <c>index.json</c> and <c>blobs/</c>.</param>
/// <param name="Root">The image: a manifest, or an index of one manifest a platform. Its digest is the image's digest from here on.</param>
/// <param name="Platforms">One entry a platform, in the order of the index.</param>
public sealed record ImageLayout(string Directory, Descriptor Root, IReadOnlyList<PlatformImage> Platforms)
{
    /// <summary>The tags the image was built with, as index.json of the SDK's archive named them; for people, not for decisions.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Manifests of the index that are no images (build attestations): part of the image's bytes, so they are pushed, but nothing in them can run.</summary>
    public IReadOnlyList<AttachedManifest> Attached { get; init; } = [];

    /// <summary>Every manifest in the order in which a registry takes them: what is referenced first, the root last. Each stands once.</summary>
    public IReadOnlyList<Descriptor> ListManifests() => Graph.ListManifests();

    /// <summary>Every configuration and layer, each once, the largest first, so that work on several at a time ends sooner.</summary>
    public IReadOnlyList<Descriptor> ListBlobs() => Graph.ListBlobs();

    /// <summary>The images of the platforms where <see cref="Root"/> is an index over them; none for a single image. Each gets the evidence too: a cluster may resolve the index to one of them.</summary>
    public IReadOnlyList<Descriptor> ListChildren() => [.. Platforms.Select(image => image.Manifest).Where(manifest => manifest.Digest != Root.Digest)];

    private ImageGraph Graph => new(Root, Platforms, Attached, Tags);

    /// <summary>Absolute path of a blob.</summary>
    public string BlobPath(Digest digest) => Path.Combine(Directory, "blobs", "sha256", digest.Hex);
}

/// <summary>The image of one platform. <see cref="Layers"/> from the base up.</summary>
public sealed record PlatformImage(Platform Platform, Descriptor Manifest, Descriptor Config, IReadOnlyList<Descriptor> Layers)
{
    /// <summary>What its configuration says of it.</summary>
    public ImageFacts Facts { get; init; } = new();
}

/// <summary>A manifest of the index that is no image.</summary>
public sealed record AttachedManifest(Descriptor Manifest, Descriptor Config, IReadOnlyList<Descriptor> Layers);
