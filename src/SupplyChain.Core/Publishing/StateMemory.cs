using System.Collections.Concurrent;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// What the steps of this process wrote into the files of the state, so that a file that is still the same need not be understood again. The file
/// counts: what somebody has changed since is read as it stands.
/// </summary>
internal sealed class StateMemory : IDisposable
{
    private readonly ConcurrentDictionary<string, (byte[] Content, object Value)> _written = new(StringComparer.Ordinal);

    public void Remember(string file, byte[] content, object value) => _written[file] = (content, value);

    /// <summary>Null: this content was not written here.</summary>
    public object? Recall(string file, ReadOnlySpan<byte> content) =>
        _written.TryGetValue(file, out var written) && content.SequenceEqual(written.Content) ? written.Value : null;

    public void Dispose() => _written.Clear();
}
