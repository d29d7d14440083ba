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

    /// <summary>Begins to write a file beside other work.</summary>
    /// <param name="after">What is more urgent.</param>
    public void Begin(string file, object value, Action write, Task after)
    {
        var begun = new TaskCompletionSource();
        _pending[file] = (Task.Run(async () =>
        {
            await begun.Task;
            await Task.WhenAny(after);
            // Whoever gave up waiting for it has begun anew by now.
            if (_pending.TryGetValue(file, out var pending) && ReferenceEquals(pending.Value, value))
                write();
        }), value);
        begun.SetResult();
    }

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
