using Microsoft.Build.Framework;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>The SDK's archive becomes an OCI layout whose every blob has been hashed; its root digest is the image from here on.</summary>
public sealed class OpenImage : StageTask
{
    [Output]
    public string ImageDigest { get; private set; } = "";

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var shared = new SharedBlobs(UserCache.Folder(Package.Machine, "blobs"), TimeProvider.System);
        var image = await OciArchive.OpenAsync(State.ArchiveFile, State.ImageDirectory, cancellationToken, State.EarlierImageDirectory, await ChangesAsync(plan, cancellationToken), shared);
        State.Image.Write(image);
        ImageDigest = image.Root.Digest.ToString();
        if (plan.Publish)
        {
            var destination = OpenDestination(plan);
            destination.LookUp(image.Root.Digest);
            // Nothing has changed since the last publish: that was guessed, and its evidence is being looked at.
            if (Kept.GetOrAdd(() => EvidenceAhead.None).Image != image.Root.Digest)
            {
                var (runner, accepted) = (Runner, Kept.GetOrAdd(() => new AcceptedBundles()));
                Kept.Replace(() => EvidenceAhead.OfEarlier(plan, image.Root, destination, runner, accepted, StateDirectory));
            }
        }

        State.DeleteSources();
        Say($"image {image.Root.Digest.Short} built, nothing pushed yet ({Describe(image)})");
    }

    private async Task<ImageChanges> ChangesAsync(PublishPlan plan, CancellationToken cancellationToken)
    {
        var changes = new ImageChanges { Cut = plan.CutValues };
        if (!plan.Reproducible)
            return changes;
        var early = EarlyWork();
        early.HasPublished();
        return changes with
        {
            SourceDate = await early.SourceDate.WaitAsync(cancellationToken),
            Layers = plan.SplitLayers ? DependencyFiles.Split(await early.Inventory.WaitAsync(cancellationToken), plan.PlatformDirectory) : null,
        };
    }

    private static string Describe(ImageLayout image)
    {
        var layers = image.Platforms.SelectMany(platform => platform.Layers).DistinctBy(layer => layer.Digest).ToList();
        return $"{Amounts.Count(layers.Count, "layer")}, {Amounts.Size(layers.Sum(layer => layer.Size))}, {string.Join(", ", image.Platforms.Select(p => p.Platform))}";
    }
}
