using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace SupplyChain.Core.Images;

/// <summary>Reads a part of a file once: hashes it, and writes it to another file at the same time.</summary>
internal static class BlobCopy
{
    /// <summary>Large enough that a read, a write and a hash each cost far more than handing the buffer over; small enough for the processor's cache.</summary>
    private const int BufferSize = 512 * 1024;

    /// <summary>Whether these are the bytes that the digest stands for.</summary>
    internal static bool IsContentOf(Descriptor blob, string file, CancellationToken cancellationToken)
    {
        using var content = File.OpenHandle(file, options: FileOptions.SequentialScan);
        return Run(content, 0, blob.Size, null, cancellationToken) == blob.Digest;
    }

    /// <summary>False: the file ends before the buffer is full.</summary>
    internal static bool TryFill(SafeFileHandle source, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(source, buffer, offset);
            if (read == 0)
                return false;
            buffer = buffer[read..];
            offset += read;
        }
        return true;
    }

    /// <param name="target">Null: hash only.</param>
    /// <param name="size">In bytes; the result is null when the source ends before.</param>
    /// <remarks>
    /// SHA-256 takes most of the time (about 1 s a GB even with the processor's own instructions), so it runs beside the reading and the writing,
    /// one buffer behind. Reading and writing are synchronous: for local files the asynchronous calls end in the same system calls, on another thread.
    /// </remarks>
    internal static Digest? Run(
        SafeFileHandle source, long offset, long size, SafeFileHandle? target, CancellationToken cancellationToken, long targetOffset = 0)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var filling = ArrayPool<byte>.Shared.Rent(BufferSize);
        var full = ArrayPool<byte>.Shared.Rent(BufferSize);
        var hashing = Task.CompletedTask;
        try
        {
            for (long done = 0; done < size;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(source, filling.AsSpan(0, (int)Math.Min(BufferSize, size - done)), offset + done);
                if (read == 0)
                    return null;
                hashing.Wait(CancellationToken.None);
                (filling, full) = (full, filling);
                var content = full.AsMemory(0, read);
                // A small blob is hashed sooner than a thread wakes up.
                if (size <= BufferSize)
                    hash.AppendData(content.Span);
                else
                    hashing = Task.Run(() => hash.AppendData(content.Span), CancellationToken.None);
                if (target is not null)
                    RandomAccess.Write(target, content.Span, targetOffset + done);
                done += read;
            }
            hashing.Wait(CancellationToken.None);
            return Digest.FromHash(hash.GetHashAndReset());
        }
        finally
        {
            // The buffers go back to the pool only when nothing reads them any more.
            hashing.Wait(CancellationToken.None);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(full);
        }
    }
}
