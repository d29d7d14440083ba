namespace SupplyChain.Core.Sboms;

/// <summary>How an image leads to what is in it: directly, or over the image of each platform, so that what differs between them is told apart.</summary>
internal sealed class ImageTree
{
    /// <param name="content">bom-refs of what is on a platform beside the application.</param>
    public ImageTree(Component image, string application, IReadOnlyList<ImagePlatform> platforms, Func<ImagePlatform, IEnumerable<string>> content)
    {
        if (platforms.Count <= 1)
        {
            Dependencies = [new Dependency(image.BomRef, [application, .. platforms.SelectMany(content)])];
            return;
        }

        var images = platforms.Select(platform => (platform, Component: ImageComponent.OfPlatform(image, platform))).ToList();
        Platforms = [.. images.Select(pair => pair.Component)];
        Dependencies =
        [
            new Dependency(image.BomRef, [.. images.Select(pair => pair.Component.BomRef)]),
            .. images.Select(pair => new Dependency(pair.Component.BomRef, [application, .. content(pair.platform)])),
        ];
    }

    /// <summary>The image of each platform where there are several, in the order of the index.</summary>
    public IReadOnlyList<Component> Platforms { get; } = [];

    /// <summary>The image's own first.</summary>
    public IReadOnlyList<Dependency> Dependencies { get; }
}
