using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Evidence that another publish of the very same image has taken off the list again. Registries without the referrers API, and without conditional
/// writes, keep that list under a tag: who has read it before our entries were there, and writes it after we have read them back, takes them out.
/// </summary>
/// <param name="log">For the detailed log.</param>
internal sealed class LostEvidence(EvidencePlace place, Action<string> log)
{
    private const int MostRounds = 6;

    /// <summary>Anything was attached again: what was found out about the destination before no longer counts.</summary>
    public bool HasAttached { get; private set; }

    /// <summary>What is there, after what this publish attached and somebody has taken off the list is on it again. Whether it is right, the verification says.</summary>
    /// <param name="begun">A reading that began when nothing more was to be attached; null: none has.</param>
    public async Task<IReadOnlyList<StoredBundle>> ReadBackAsync(
        Descriptor image, IReadOnlyList<SignedEvidence> attached, DateTimeOffset created, CancellationToken cancellationToken, Task<IReadOnlyList<StoredBundle>>? begun = null)
    {
        for (var round = 1; ; round++)
        {
            var stored = await (round == 1 && begun is not null ? begun.WaitAsync(cancellationToken) : place.ReadAsync(image, cancellationToken));
            if (round == MostRounds || await IsAllThereAsync(stored, attached, cancellationToken))
                return stored;
            log($"Another writer took evidence of {image.Digest.Short} off its list in {place.Store.Repository.Name}; attaching it again.");
            // Two that collided must not collide again.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(30, 120) * round), cancellationToken);
            HasAttached = true;
            await place.AttachAsync(image, attached, created, cancellationToken);
        }
    }

    /// <summary>A bundle that cannot be read is nothing to attach: the verification says so.</summary>
    private static async Task<bool> IsAllThereAsync(IReadOnlyList<StoredBundle> stored, IReadOnlyList<SignedEvidence> attached, CancellationToken cancellationToken)
    {
        var there = stored.Select(item => item.Bundle).OfType<Bundle>().Select(bundle => Digest.Of(bundle.Payload.Span)).ToHashSet();
        foreach (var signed in attached.Where(signed => signed.PredicateType != PredicateTypes.SimpleSigning))
        {
            if (await ReadAsync(signed.BundleFile, cancellationToken) is { } bundle && !there.Contains(Digest.Of(bundle.Payload.Span)))
                return false;
        }

        return true;
    }

    private static async Task<Bundle?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await Bundle.ReadAsync(file, cancellationToken);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
