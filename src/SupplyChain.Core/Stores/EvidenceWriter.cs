using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Attaches signed evidence to an image that stands in a store: one referrer a bundle, one update of the list for all, read back at the end.
/// A bundle that is attached already is not attached again, so repeating a publish adds nothing.
/// </summary>
/// <param name="Reader">Finds what is attached already.</param>
internal sealed record EvidenceWriter(EvidenceReader Reader)
{
    public EvidenceWriter()
        : this(new EvidenceReader())
    {
    }

    /// <param name="subject">The image: media type, digest and size as the store has it.</param>
    /// <param name="created">For new referrers; those that are there already keep theirs.</param>
    /// <returns>The referrers, one for each item of <paramref name="evidence"/>, in its order.</returns>
    /// <exception cref="DiagnosticException">SCB5501: the store does not list what was written. SCB5502: a bundle is missing, or is about another image.</exception>
    public async Task<IReadOnlyList<Descriptor>> AttachAsync(IImageStore store, Descriptor subject, IReadOnlyList<SignedEvidence> evidence, DateTimeOffset created, CancellationToken cancellationToken)
    {
        if (evidence.Count == 0)
            return [];
        var bundles = await Task.WhenAll(evidence.Select(item => ReadAsync(subject, item, cancellationToken)));
        // The blobs go while the list is asked for: one that is there already is not sent again, and one that nothing refers to is nothing.
        var listing = Reader.ListAsync(store, subject, cancellationToken);
        await Task.WhenAll(listing, SendAsync(store, [.. bundles.Select(bundle => bundle.Content)], cancellationToken));
        var attached = listing.Result
            .DistinctBy(stored => stored.Bundle.Digest)
            .ToDictionary(stored => stored.Bundle.Digest, stored => stored.Manifest);

        var fresh = bundles.Where(b => !attached.ContainsKey(b.Descriptor.Digest)).DistinctBy(b => b.Descriptor.Digest).ToArray();
        if (fresh.Length > 0)
        {
            var manifests = fresh.Select(b => EvidenceManifest.Make(subject, b.Descriptor, b.Evidence.PredicateType, created)).ToArray();
            await store.WriteReferrersAsync(subject, manifests, cancellationToken);
            for (var i = 0; i < fresh.Length; i++)
                attached.Add(fresh[i].Descriptor.Digest, manifests[i].Descriptor);

            var listed = (await store.ListReferrersAsync(subject.Digest, cancellationToken)).Select(r => r.Digest).ToHashSet();
            if (manifests.FirstOrDefault(m => !listed.Contains(m.Descriptor.Digest)) is { } lost)
            {
                throw new DiagnosticException(
                    DiagnosticCodes.AttachFailed,
                    $"{store.Repository.Name} accepted the evidence {lost.Descriptor.Digest.Short} for {subject.Digest.Short} and does not list it as a referrer. Nothing was tagged. Publish again; if it happens again, the registry does not keep referrers.");
            }
        }
        return bundles.Select(b => attached[b.Descriptor.Digest]).ToArray();
    }

    /// <summary>The blobs alone, to which nothing refers yet: nobody finds them, and <see cref="AttachAsync"/> finds them there.</summary>
    public static Task SendAsync(IImageStore store, IReadOnlyList<ReadOnlyMemory<byte>> bundles, CancellationToken cancellationToken) => Task.WhenAll(
        bundles.Select(Describe).Append((Descriptor: EvidenceManifest.EmptyConfigDescriptor, Content: EvidenceManifest.EmptyConfig))
            .DistinctBy(blob => blob.Descriptor.Digest)
            .Select(blob => WriteBlobAsync(store, blob.Descriptor, blob.Content, cancellationToken)));

    private static (Descriptor Descriptor, ReadOnlyMemory<byte> Content) Describe(ReadOnlyMemory<byte> bundle) =>
        (new Descriptor(MediaTypes.SigstoreBundle, Digest.Of(bundle.Span), bundle.Length), bundle);

    private static async Task WriteBlobAsync(IImageStore store, Descriptor blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!await store.HasBlobAsync(blob, cancellationToken))
            await store.WriteBlobAsync(blob, () => new MemoryStream(content.ToArray(), writable: false), cancellationToken);
    }

    private static async Task<(SignedEvidence Evidence, Descriptor Descriptor, ReadOnlyMemory<byte> Content)> ReadAsync(Descriptor subject, SignedEvidence evidence, CancellationToken cancellationToken)
    {
        if (evidence.Subject != subject.Digest)
            throw new DiagnosticException(DiagnosticCodes.EvidenceUnusable, $"the evidence {evidence.PredicateType} is about {evidence.Subject.Short}, the image is {subject.Digest.Short}. It was not attached. Publish again.");
        try
        {
            var content = await File.ReadAllBytesAsync(evidence.BundleFile, cancellationToken);
            // The folder of the bundles may be shared with another publish: what counts is what the file says now.
            var statement = Bundle.Parse(content).Statement;
            if (statement.PredicateType != evidence.PredicateType || !statement.Subjects.Contains(subject.Digest))
                throw new FormatException($"it is {SingleLine.Of(statement.PredicateType, 300)} about another image");
            return (evidence, Describe(content).Descriptor, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.EvidenceUnusable,
                $"the bundle {evidence.BundleFile} of {evidence.PredicateType} cannot be used: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. It was not attached. Publish again; give each project a SupplyChainOutputPath of its own.",
                e);
        }
    }
}
