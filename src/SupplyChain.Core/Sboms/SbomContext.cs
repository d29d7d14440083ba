using SupplyChain.Core.Images;

namespace SupplyChain.Core.Sboms;

/// <summary>What the bill of materials of an image needs beside inventory and scan.</summary>
/// <param name="Image">Registry (null for a layout) and repository; tag and digest in it are not used.</param>
/// <param name="ImageDigest">The digest of the manifest or index.</param>
/// <param name="ToolVersion">The version of this package.</param>
/// <param name="Timestamp">SOURCE_DATE_EPOCH or the time of the commit, so that the same sources give the same document; null: not written.</param>
public sealed record SbomContext(ImageReference Image, Digest ImageDigest, string ToolVersion, DateTimeOffset? Timestamp)
{
    /// <summary>The platforms of the image; exactly one where the document is about one platform of several.</summary>
    public IReadOnlyList<PlatformImage> Images { get; init; } = [];

    /// <summary>The one platform of several that the document is about; null: the whole image.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Registry, repository and tag that it was built on, as the project names it; null: not known.</summary>
    public string? BaseImage { get; init; }
}
