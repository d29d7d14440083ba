using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Copies an image into a store: blobs, then the manifests of the platforms, then the index over them, each by its digest. Never a tag: until one is set, nothing
/// points to what a failed push leaves behind.
/// </summary>
/// <param name="Parallelism">Uploads at the same time.</param>
internal sealed record ImagePusher(int Parallelism = ImagePusher.DefaultParallelism)
{
    public const int DefaultParallelism = 4;

    /// <summary>Takes a line now and then, while uploads take longer than a few seconds.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>For the whole push, repetitions and pauses included.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(1);

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <exception cref="DiagnosticException">
    /// SCB4009: the verdict did not pass. SCB1005: it is about another image, or a file of the layout has changed since it was opened. SCB1004: one is missing.
    /// SCB4012: it took longer than <see cref="TimeLimit"/>.
    /// </exception>
    public async Task<PushedImage> PushAsync(ImageLayout layout, IImageStore store, GateVerdict verdict, CancellationToken cancellationToken)
    {
        RequirePassed(layout, verdict);
        using var limit = new CancellationTokenSource(TimeLimit, Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await CopyAsync(layout, store, linked.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DiagnosticException(
                DiagnosticCodes.PushTooSlow,
                $"{store.Repository.Name} did not have the whole image after {TimeLimit.TotalMinutes:0} minutes, so the push was given up. Nothing was tagged; what has arrived stays, and publishing again sends only the rest. Set SupplyChainPushTimeLimitMinutes for slow networks.");
        }
    }

    private async Task<PushedImage> CopyAsync(ImageLayout layout, IImageStore store, CancellationToken cancellationToken)
    {
        var blobs = layout.ListBlobs();
        var children = layout.ListManifests().Where(manifest => manifest.Digest != layout.Root.Digest).ToArray();

        // All questions at once; what is there already costs one round trip in all.
        var present = Task.WhenAll(blobs.Select(blob => store.HasBlobAsync(blob, cancellationToken)));
        var manifestsThere = Task.WhenAll(children.Append(layout.Root).Select(m => IsThereAsync(store, m, cancellationToken)));
        await Task.WhenAll(present, manifestsThere);
        var missing = blobs.Where((_, i) => !present.Result[i]).ToArray();

        // The store compares what it is sent with its digest. What it has already is sent by nobody, and the scanner may have seen other bytes in its place.
        var scanned = LayoutCheck.RunAsync(
            layout, [.. blobs.Where((_, i) => present.Result[i]), .. children.Append(layout.Root).Where((_, i) => manifestsThere.Result[i])], cancellationToken);

        int mounted = 0;
        long uploaded = 0;
        using var progress = new UploadProgress(missing.Sum(blob => blob.Size), Say, Clock);
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (blob, token) =>
            {
                if (await store.MountBlobAsync(blob, token))
                {
                    await LayoutCheck.RunAsync(layout, [blob], token);
                    Interlocked.Increment(ref mounted);
                    progress.Skip(blob.Size);
                }
                else
                {
                    await store.WriteBlobAsync(blob, () => progress.Count(Open(layout, blob.Digest)), token);
                    Interlocked.Add(ref uploaded, blob.Size);
                }
            });

        await scanned;

        // A registry refuses a manifest whose parts it lacks, so the order is part of the protocol.
        await Task.WhenAll(children.Where((_, i) => !manifestsThere.Result[i]).Select(child => WriteAsync(layout, store, child, cancellationToken)));
        if (!manifestsThere.Result[^1])
            await WriteAsync(layout, store, layout.Root, cancellationToken);

        return new PushedImage(store.Repository.At(layout.Root.Digest), layout.Root, missing.Length - mounted, uploaded, blobs.Count - missing.Length + mounted);
    }

    /// <summary>Nothing leaves this machine, and nothing is signed, without a verdict that passed and is about these very bytes.</summary>
    /// <exception cref="DiagnosticException">SCB1005, SCB4009: as for a push.</exception>
    public static void RequirePassed(ImageLayout layout, GateVerdict verdict)
    {
        if (verdict.Image != layout.Root.Digest)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ImageChanged,
                $"the gate judged {verdict.Image.Short}, but the image to push is {layout.Root.Digest.Short}. Nothing was pushed. Publish again; if it happens again, a target between the gate and the push changes the image.");
        }
        if (!verdict.Passed)
            throw new DiagnosticException(DiagnosticCodes.PushRefused, $"the gate did not let {layout.Root.Digest.Short} pass ({verdict.Summary}), so it is not pushed.");
    }

    private static async Task<bool> IsThereAsync(IImageStore store, Descriptor manifest, CancellationToken cancellationToken) =>
        await store.ReadManifestAsync(manifest.Digest, cancellationToken) is not null;

    private static async Task WriteAsync(ImageLayout layout, IImageStore store, Descriptor manifest, CancellationToken cancellationToken)
    {
        await using var stream = Open(layout, manifest.Digest);
        var content = await BoundedBody.ReadAsync(stream, RegistryClient.LargestDocument, cancellationToken);
        if (content is null || Digest.Of(content) != manifest.Digest)
            throw new DiagnosticException(DiagnosticCodes.ImageChanged, $"the manifest {manifest.Digest} was changed after the image was opened. Nothing was tagged; publish again.");
        await store.WriteManifestAsync(manifest, content, cancellationToken);
    }

    private static FileStream Open(ImageLayout layout, Digest digest)
    {
        try
        {
            return new FileStream(layout.BlobPath(digest), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read,
                // The content has a buffer of its own.
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.BlobMissing, $"blob {digest} of the image cannot be read from {layout.Directory}: {SingleLine.Of(e.Message, 300)} Publish again.", e);
        }
    }
}
