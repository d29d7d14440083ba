using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Copies an image into a store: blobs, then the manifests of the platforms, then the index over them, each by its digest. Never a tag: until one is set, nothing
/// points to what a failed copy leaves behind. What the destination has already is not sent.
/// </summary>
/// <param name="Parallelism">Uploads at the same time.</param>
internal sealed record ImageCopy(int Parallelism = ImageCopy.DefaultParallelism)
{
    public const int DefaultParallelism = 4;

    /// <summary>Takes a line now and then, while uploads take longer than a few seconds.</summary>
    public Action<string> Say { get; init; } = _ => { };

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>From a store to a store.</summary>
    /// <param name="root">The image in <paramref name="source"/>: a manifest, or an index of them.</param>
    /// <exception cref="Diagnostics.DiagnosticException">As <see cref="StoreSource.OpenAsync"/>; or the code of the store that failed. Nothing then leads to the image.</exception>
    public async Task<PushedImage> RunAsync(IImageStore source, Descriptor root, IImageStore destination, CancellationToken cancellationToken) =>
        await RunAsync(await StoreSource.OpenAsync(source, root, cancellationToken), destination, cancellationToken);

    public async Task<PushedImage> RunAsync(IImageSource source, IImageStore destination, CancellationToken cancellationToken)
    {
        var (root, blobs, children) = (source.Root, source.Blobs, source.Children);

        // All questions at once; what is there already costs one round trip in all.
        var present = Task.WhenAll(blobs.Select(blob => destination.HasBlobAsync(blob, cancellationToken)));
        var manifestsThere = Task.WhenAll(children.Append(root).Select(m => IsThereAsync(destination, m, cancellationToken)));
        await Task.WhenAll(present, manifestsThere);
        var missing = blobs.Where((_, i) => !present.Result[i]).ToArray();

        // The store compares what it is sent with its digest. What it has already is sent by nobody, and the source may hold other bytes in its place.
        var unchanged = source.CheckAsync([.. blobs.Where((_, i) => present.Result[i]), .. children.Append(root).Where((_, i) => manifestsThere.Result[i])], cancellationToken);

        int mounted = 0;
        long uploaded = 0;
        using var progress = new UploadProgress(missing.Sum(blob => blob.Size), Say, Clock);
        await LimitedDegree.ForEachAsync(
            missing,
            async (blob, token) =>
            {
                if (await destination.MountBlobAsync(blob, token))
                {
                    await source.CheckAsync([blob], token);
                    Interlocked.Increment(ref mounted);
                    progress.Skip(blob.Size);
                }
                else
                {
                    await source.GiveBlobAsync(blob, open => destination.WriteBlobAsync(blob, () => progress.Count(open()), token), token);
                    Interlocked.Add(ref uploaded, blob.Size);
                }
            },
            cancellationToken,
            Parallelism);

        await unchanged;

        // A registry refuses a manifest whose parts it lacks, so the order is part of the protocol.
        await Task.WhenAll(children.Where((_, i) => !manifestsThere.Result[i]).Select(child => WriteAsync(source, destination, child, cancellationToken)));
        if (!manifestsThere.Result[^1])
            await WriteAsync(source, destination, root, cancellationToken);

        return new PushedImage(destination.Repository.At(root.Digest), root, missing.Length - mounted, uploaded, blobs.Count - missing.Length + mounted);
    }

    private static async Task<bool> IsThereAsync(IImageStore store, Descriptor manifest, CancellationToken cancellationToken) =>
        await store.ReadManifestAsync(manifest.Digest, cancellationToken) is not null;

    private static async Task WriteAsync(IImageSource source, IImageStore destination, Descriptor manifest, CancellationToken cancellationToken) =>
        await destination.WriteManifestAsync(manifest, await source.ReadManifestAsync(manifest, cancellationToken), cancellationToken);
}
