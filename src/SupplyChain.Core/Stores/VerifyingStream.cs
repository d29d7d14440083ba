using System.Security.Cryptography;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Stores;

/// <summary>
/// Reads a blob and checks size and digest on the way: more bytes than announced, fewer, or others are an error before the reader sees the end
/// of the stream. Forward only.
/// </summary>
internal sealed class VerifyingStream(Stream inner, Descriptor expected, IDisposable? owner, Func<string, DiagnosticException> failure) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _checked;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => expected.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0)
            return 0;
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (IOException e)
        {
            throw failure(BrokeOff(e));
        }
        Check(buffer[..read]);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e)
        {
            throw failure(BrokeOff(e));
        }
        Check(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            owner?.Dispose();
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Check(ReadOnlySpan<byte> read)
    {
        if (read.Length > 0)
        {
            _position += read.Length;
            if (_position > expected.Size)
                throw failure($"it is longer than {expected.Size} bytes");
            _hash.AppendData(read);
            return;
        }
        if (_checked)
            return;
        if (_position != expected.Size)
            throw failure($"it ended after {_position} of {expected.Size} bytes");
        if (Digest.FromHash(_hash.GetHashAndReset()) is var actual && actual != expected.Digest)
            throw failure($"its digest is {actual}");
        _checked = true;
    }

    private string BrokeOff(IOException exception) => $"the connection broke off after {_position} of {expected.Size} bytes ({SingleLine.Of(exception.Message, 300).TrimEnd('.')})";
}
