using SupplyChain.Core.Images;

namespace SupplyChain.Core.Sboms;

internal static class ImageComponent
{
    /// <summary>The image under its name and digest; purl type oci: the name is the repository's last part, the rest stands in <c>repository_url</c>.</summary>
    public static Component Of(ImageReference image, Digest digest)
    {
        var name = image.Repository[(image.Repository.LastIndexOf('/') + 1)..];
        var purl = new PackageUrl("oci", null, name, digest.ToString(), image.Registry is null ? [] : [new("repository_url", image.Name)]).ToString();
        return new Component(ComponentType.Container, purl, image.Name, digest.ToString())
        {
            Purl = purl,
            Hashes = [new Hash("SHA-256", digest.Hex)],
        };
    }
}
