using SupplyChain.Core.Images;

namespace SupplyChain.Core.Sboms;

/// <summary>What the bill of materials of an image needs beside inventory and scan.</summary>
/// <param name="Image">Registry (null for a layout) and repository; tag and digest in it are not used.</param>
/// <param name="ImageDigest">The digest of the manifest or index.</param>
/// <param name="ToolVersion">The version of this package.</param>
/// <param name="Timestamp">The commit's time or SOURCE_DATE_EPOCH, so that the same source gives the same document; null: not written.</param>
public sealed record SbomContext(ImageReference Image, Digest ImageDigest, string ToolVersion, DateTimeOffset? Timestamp)
{
    /// <summary>What the image says about itself, one entry a platform.</summary>
    public IReadOnlyList<ImageFacts> Images { get; init; } = [];

    /// <summary>Registry, repository and tag that it was built on, as the project names it; null: not known.</summary>
    public string? BaseImage { get; init; }
}
