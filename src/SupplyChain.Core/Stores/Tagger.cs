using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Points tags to an image: the last step of a publish. All tags are looked at before any is set, and each is read back after it was set.
/// </summary>
internal sealed record Tagger
{
    /// <summary>Where each tag points now, having refused those that must not move. Also worth calling before a push: it fails early.</summary>
    /// <returns>The tags that still have to be set.</returns>
    /// <exception cref="DiagnosticException">SCB4010: a tag points to another digest and may not move. SCB4011: not a tag.</exception>
    public async Task<IReadOnlyList<string>> CheckAsync(IImageStore store, Digest image, IReadOnlyList<string> tags, TagPolicy policy, CancellationToken cancellationToken)
    {
        var wanted = tags.Distinct(StringComparer.Ordinal).ToArray();
        foreach (var tag in wanted)
            DestinationNames.CheckTag(tag);
        var current = await Task.WhenAll(wanted.Select(tag => store.ResolveTagAsync(tag, cancellationToken)));
        for (var i = 0; i < wanted.Length; i++)
        {
            if (current[i] is { } digest && digest != image && !policy.MayMove(wanted[i]))
            {
                throw PointsElsewhere(store, wanted[i], digest, image);
            }
        }
        return wanted.Where((_, i) => current[i] != image).ToArray();
    }

    /// <returns>The tags that were set; those that pointed to the image already are not among them.</returns>
    public async Task<IReadOnlyList<string>> TagAsync(IImageStore store, PushedImage image, IReadOnlyList<string> tags, TagPolicy policy, CancellationToken cancellationToken)
    {
        var missing = await CheckAsync(store, image.Digest, tags, policy, cancellationToken);
        foreach (var tag in missing)
        {
            await store.SetTagAsync(tag, image.Root, cancellationToken, onlyIfNew: !policy.MayMove(tag));
            var now = await ReadBackAsync(store, tag, image.Digest, cancellationToken);
            if (now == image.Digest)
                continue;
            // Of two that set a tag at the same moment one wins, where it may not move: this is the other.
            if (now is not null && !policy.MayMove(tag))
                throw PointsElsewhere(store, tag, now, image.Digest);
            throw new DiagnosticException(
                DiagnosticCodes.RegistryReadBackDiffers,
                $"tag {tag} in {store.Repository.Name} was set to {image.Digest.Short} and points to {(now is { } other ? other.Short : "nothing")} when read back. Another publish may have moved it at the same moment: publish a version of its own for each.");
        }
        return missing;
    }

    /// <summary>What the tag points to; asked a few times, as a registry may need a moment until a write can be seen everywhere.</summary>
    private static async Task<Digest?> ReadBackAsync(IImageStore store, string tag, Digest expected, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = await store.ResolveTagAsync(tag, cancellationToken);
            if (now == expected || attempt == 3)
                return now;
            await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), cancellationToken);
        }
    }

    internal static DiagnosticException PointsElsewhere(IImageStore store, string tag, Digest? current, Digest image) => new(
        DiagnosticCodes.TagPointsElsewhere,
        $"tag {tag} in {store.Repository.Name} already points to {current?.Short ?? "another image"}, this image is {image.Short}. Publish a new version, or list the tag in SupplyChainMutableTags.");
}
