using Microsoft.Build.Framework;
using SupplyChain.Core.Images;

namespace SupplyChain.Build.Tasks;

/// <summary>The SDK's archive becomes an OCI layout whose every blob has been hashed; its root digest is the image from here on.</summary>
public sealed class OpenImage : StageTask
{
    [Output]
    public string ImageDigest { get; private set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        DateTimeOffset? date = plan.Reproducible ? await EarlyWork().SourceDate.WaitAsync(cancellationToken) : null;
        var image = await OciArchive.OpenAsync(State.ArchiveFile, State.ImageDirectory, cancellationToken, State.EarlierImageDirectory, date, plan.CutValues);
        State.Image.Write(image);
        ImageDigest = image.Root.Digest.ToString();
        if (plan.Publish)
            OpenDestination(plan).LookUp(image.Root.Digest);
        State.DeleteSources();
        Say($"image {image.Root.Digest.Short} built, nothing pushed yet ({Describe(image)})");
    }

    private static string Describe(ImageLayout image)
    {
        var layers = image.Platforms.SelectMany(platform => platform.Layers).DistinctBy(layer => layer.Digest).ToList();
        return $"{Amounts.Count(layers.Count, "layer")}, {Amounts.Size(layers.Sum(layer => layer.Size))}, {string.Join(", ", image.Platforms.Select(p => p.Platform))}";
    }
}
