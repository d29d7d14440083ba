using SupplyChain.Core.Images;

namespace SupplyChain.Core.Sboms;

internal static class ImageComponent
{
    /// <summary>The image under its name and digest; purl type oci: the name is the repository's last part, the rest stands in <c>repository_url</c>.</summary>
    public static Component Of(ImageReference image, Digest digest)
    {
        var name = image.Repository[(image.Repository.LastIndexOf('/') + 1)..];
        var purl = new PackageUrl("oci", null, name, digest.ToString(), image.Registry is null ? null : new SortedList<string, string> { ["repository_url"] = image.Name }).ToString();
        return new Component(ComponentType.Container, purl, image.Name, digest.ToString())
        {
            Purl = purl,
            Hashes = [new Hash("SHA-256", digest.Hex)],
        };
    }

    /// <summary>The image of one platform, which the index leads to.</summary>
    public static Component OfPlatform(Component index, ImagePlatform platform)
    {
        var purl = PackageUrl.Parse(index.Purl!);
        var own = new PackageUrl(purl.Type, purl.Namespace, purl.Name, platform.Manifest.ToString(), purl.Qualifiers).ToString();
        return new Component(ComponentType.Container, own, index.Name, platform.Manifest.ToString())
        {
            Purl = own,
            Supplier = index.Supplier,
            SupplierUrl = index.SupplierUrl,
            Hashes = [new Hash("SHA-256", platform.Manifest.Hex)],
            Properties = [new Property(PlatformNotes.Name, platform.Name)],
        };
    }

    /// <summary>The base image of each platform that names one: by the image's own labels, else by what the project says.</summary>
    /// <param name="baseImage">Registry, repository and tag, as the project names it.</param>
    public static IReadOnlyList<Component> Bases(IEnumerable<ImageFacts> images, string? baseImage)
    {
        var bases = new SortedList<string, Component>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            if ((image.BaseName ?? baseImage) is { } name && image.BaseDigest is { } digest)
            {
                var component = new Component(ComponentType.Container, $"base:{name}@{digest}", name, digest.ToString()) { Hashes = [new Hash("SHA-256", digest.Hex)] };
                bases.TryAdd(component.BomRef, component);
            }
            else if ((image.BaseName ?? baseImage) is { } unpinned)
                bases.TryAdd($"base:{unpinned}", new Component(ComponentType.Container, $"base:{unpinned}", unpinned, null));
        }

        return [.. bases.Values];
    }
}
