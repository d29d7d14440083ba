using System.Text;

namespace SupplyChain.TestKit.Advisories;

/// <summary>A bucket of a <see cref="BoltFile"/>: keys in the order of their bytes, each with a value or with a bucket of its own.</summary>
internal sealed class BoltBucket
{
    private readonly SortedDictionary<byte[], object> _entries = new(Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));

    /// <summary>Keys with a value (a byte array) or a <see cref="BoltBucket"/>.</summary>
    public IReadOnlyDictionary<byte[], object> Entries => _entries;

    public void Put(string key, byte[] value) => _entries[Encoding.UTF8.GetBytes(key)] = value;

    /// <summary>The bucket of that name in this one; new and empty on first use.</summary>
    public BoltBucket Bucket(string name)
    {
        var key = Encoding.UTF8.GetBytes(name);
        if (!_entries.TryGetValue(key, out var bucket))
            _entries[key] = bucket = new BoltBucket();
        return (BoltBucket)bucket;
    }
}
