using System.Globalization;

namespace SupplyChain.Core.Stores;

/// <summary>Says how far the uploads are, every few seconds: nothing for those that are over before.</summary>
internal sealed class UploadProgress : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Action<string> _say;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly long _total;
    private readonly ITimer _timer;
    private long _sent;
    private bool _ended;

    /// <param name="total">Bytes that are to be sent.</param>
    public UploadProgress(long total, Action<string> say, TimeProvider clock)
    {
        (_total, _say, _clock, _began) = (total, say, clock, clock.GetTimestamp());
        _timer = clock.CreateTimer(_ => Say(), null, Interval, Interval);
    }

    /// <summary>The same stream; what is read from it counts as sent. A second reading after a failure counts from where it begins.</summary>
    public Stream Count(Stream content) => new CountedStream(content, this);

    /// <summary>What was to be sent is not: it has been mounted.</summary>
    public void Skip(long bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>No line comes after this.</summary>
    public void Dispose()
    {
        lock (_lock)
            _ended = true;
        _timer.Dispose();
    }

    private void Say()
    {
        lock (_lock)
        {
            var (sent, seconds) = (Math.Min(Interlocked.Read(ref _sent), _total), _clock.GetElapsedTime(_began).TotalSeconds);
            if (!_ended && _total > 0)
                _say(string.Create(CultureInfo.InvariantCulture, $"uploading: {sent / 1e6:0} of {_total / 1e6:0} MB ({100 * sent / _total} %) in {seconds:0} s"));
        }
    }

    private sealed class CountedStream(Stream inner, UploadProgress progress) : Stream
    {
        private long _counted;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set
            {
                inner.Position = value;
                Moved(value - _counted);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            Moved(read);
            return read;
        }

        /// <summary>At once, and not through the thread pool: the file was written a moment ago, and a detour for each piece costs a third of a push.</summary>
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new ValueTask<int>(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin)
        {
            Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };
            return Position;
        }

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                // What broke off is sent again.
                if (inner.CanSeek && _counted < inner.Length)
                    Moved(-_counted);
                inner.Dispose();
            }
            base.Dispose(disposing);
        }

        private void Moved(long bytes)
        {
            _counted += bytes;
            Interlocked.Add(ref progress._sent, bytes);
        }
    }
}
