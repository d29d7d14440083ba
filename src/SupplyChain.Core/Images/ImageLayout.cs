namespace SupplyChain.Core.Images;

/// <summary>
/// An image as an OCI layout folder (OCI image specification 1.1, image-layout.md) whose every blob has been hashed.
/// </summary>
/// <param name="Directory">Absolute path of the folder that holds <c>oci-layout</c>, <c>index.json</c> and <c>blobs/</c>.</param>
/// <param name="Root">The image: a manifest, or an index of one manifest a platform. Its digest is the image's digest from here on.</param>
/// <param name="Platforms">One entry a platform, in the order of the index.</param>
public sealed record ImageLayout(string Directory, Descriptor Root, IReadOnlyList<PlatformImage> Platforms)
{
    public string BlobPath(Digest digest) => Path.Combine(Directory, "blobs", "sha256", digest.Hex);
}

/// <summary>The image of one platform. <see cref="Layers"/> from the base up.</summary>
public sealed record PlatformImage(Platform Platform, Descriptor Manifest, Descriptor Config, IReadOnlyList<Descriptor> Layers);
