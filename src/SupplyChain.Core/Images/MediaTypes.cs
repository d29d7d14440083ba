using System.Diagnostics.CodeAnalysis;

namespace SupplyChain.Core.Images;

/// <summary>Media types of the OCI image specification 1.1 (media-types.md), of Docker's schema 2, and of Sigstore bundles.</summary>
public static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string SigstoreBundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

    public static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerManifestList;

    public static bool IsManifest(string mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary><c>type/subtype</c> of the letters that RFC 6838, section 4.2, allows; at most 255 of them. It goes into HTTP headers.</summary>
    internal static bool IsWellFormed([NotNullWhen(true)] string? mediaType) =>
        mediaType is { Length: > 2 and <= 255 } && mediaType.Split('/') is [{ Length: > 0 }, { Length: > 0 }]
        && mediaType.All(c => char.IsAsciiLetterOrDigit(c) || "/!#$&-^_.+".Contains(c));
}
