using System.Collections.Concurrent;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Images;

/// <summary>
/// The large blobs of an old layout, hashed while the SDK makes the next image of them: that needs one processor. What was found holds for a file that is still the same; later
/// changes are found where all of it is hashed once more, at the push.
/// </summary>
internal sealed class HashedBlobs : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string> _right = new(StringComparer.Ordinal);
    private readonly long _least;
    private readonly Task _work;

    /// <param name="directory">Of the layout; it need not be there.</param>
    /// <param name="after">What is more urgent.</param>
    /// <param name="least">Bytes: smaller ones are hashed sooner than they are looked up.</param>
    public HashedBlobs(string directory, Task after, long least = 1024 * 1024)
    {
        _least = least;
        _work = Task.Run(async () =>
        {
            await Task.WhenAny(after);
            Hash(Path.Combine(directory, "blobs", "sha256"));
        });
    }

    private HashedBlobs() => _work = Task.CompletedTask;

    public static HashedBlobs None() => new();

    /// <summary>Whether the file's content has this digest, as far as that was found out; waits for what is still being hashed.</summary>
    public bool IsRight(Descriptor blob, FileInfo file)
    {
        if (blob.Size < _least)
            return false;
        _work.Wait();
        return _right.TryGetValue(blob.Digest.Hex, out var state) && state == FileNote.StateOf(file);
    }

    private void Hash(string folder)
    {
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            {
                if (file.Length < _least || file.LinkTarget is not null || !Digest.TryParse($"sha256:{file.Name}", out var digest))
                    continue;
                var state = FileNote.StateOf(file);
                if (BlobCopy.IsContentOf(new Descriptor(MediaTypes.OciLayerGzip, digest, file.Length), file.FullName, _stop.Token))
                    _right[file.Name] = state;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // It only saves time.
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _work.Wait(TimeSpan.FromSeconds(5));
    }
}
