using System.Text;

namespace SupplyChain.Core.Tools;

/// <summary>Keeps the last bytes of a stream, so that a tool that never stops talking cannot fill the memory.</summary>
/// <param name="limit">How many bytes are kept. At most twice as many are held at any time.</param>
internal sealed class OutputTail(int limit)
{
    private byte[] _bytes = new byte[Math.Min(limit * 2, 8192)];
    private int _count;

    /// <summary>True when earlier output had to be thrown away.</summary>
    public bool WasCut { get; private set; }

    public async Task ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        // A buffer of its own, never pooled: a read that is given up may still write into it.
        var chunk = new byte[16 * 1024];
        while (true)
        {
            // Anonymous pipes of Windows do not cancel a read; WaitAsync leaves it behind.
            var read = await source.ReadAsync(chunk, CancellationToken.None).AsTask().WaitAsync(cancellationToken);
            if (read == 0)
                return;
            Append(chunk.AsSpan(0, read));
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limit)
        {
            bytes = bytes[^limit..];
            _count = 0;
            WasCut = true;
        }
        if (_count + bytes.Length > limit * 2)
        {
            _bytes.AsSpan(_count - limit, limit).CopyTo(_bytes);
            _count = limit;
            WasCut = true;
        }
        if (_count + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(limit * 2, Math.Max(_bytes.Length * 2, _count + bytes.Length)));
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>As UTF-8; bytes that are not become U+FFFD.</summary>
    public override string ToString()
    {
        var start = Math.Max(0, _count - limit);
        WasCut |= start > 0;
        return Encoding.UTF8.GetString(_bytes, start, _count - start);
    }
}
