using System.Text.Json.Serialization;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>An image that stands in its destination, by digest, without a tag yet.</summary>
/// <param name="Reference">Pinned to the digest; registry null for a layout.</param>
/// <param name="UploadedBlobs">Blobs that had to be uploaded; layers and configurations, not manifests.</param>
/// <param name="UploadedBytes">Their size in bytes.</param>
/// <param name="PresentBlobs">Blobs that were there already, or were mounted from another repository of the registry.</param>
public sealed record PushedImage(ImageReference Reference, Descriptor Root, int UploadedBlobs, long UploadedBytes, int PresentBlobs)
{
    [JsonIgnore]
    public Digest Digest => Root.Digest;
}
