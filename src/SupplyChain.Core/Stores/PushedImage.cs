using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>An image that stands in its destination, by digest, without a tag yet.</summary>
/// <param name="Reference">Pinned to the digest; registry null for a layout.</param>
/// <param name="UploadedBlobs">Blobs that had to be uploaded, and their size in bytes.</param>
public sealed record PushedImage(ImageReference Reference, Descriptor Root, int UploadedBlobs, long UploadedBytes, int PresentBlobs)
{
    public Digest Digest => Root.Digest;
}
