using System.Collections.Concurrent;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// What the steps of this process wrote into the files of the state, so that a file that is still the same need not be understood again. The file
/// counts: what somebody has changed since is read as it stands.
/// </summary>
internal sealed class StateMemory : IDisposable
{
    private readonly ConcurrentDictionary<string, (byte[] Content, object Value)> _written = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Task Writing, object Value)> _pending = new(StringComparer.Ordinal);

    public void Remember(string file, byte[] content, object value) => _written[file] = (content, value);

    /// <summary>Null: this content was not written here.</summary>
    public object? Recall(string file, ReadOnlySpan<byte> content) =>
        _written.TryGetValue(file, out var written) && content.SequenceEqual(written.Content) ? written.Value : null;

    /// <summary>A file that is being written beside other work.</summary>
    public void Begin(string file, object value, Task writing) => _pending[file] = (writing, value);

    /// <summary>What is still being written there; null: nothing is.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public object? Pending(string file)
    {
        if (!_pending.TryGetValue(file, out var pending))
            return null;
        if (!pending.Writing.IsCompleted)
            return pending.Value;
        pending.Writing.GetAwaiter().GetResult();
        return null;
    }

    /// <summary>Nothing is being written any more, and what could not be is of no interest.</summary>
    public void Settle()
    {
        Task.WhenAny(Task.WhenAll(_pending.Values.Select(pending => pending.Writing)), Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
        _pending.Clear();
    }

    public void Dispose()
    {
        Settle();
        _written.Clear();
    }
}
