namespace SupplyChain.Core.Stores;

/// <summary>
/// Knows the secrets of this run and removes them from text. Our own messages never contain one, but a registry may send back what it was
/// sent, and its words are quoted in errors.
/// </summary>
internal sealed class SecretMask
{
    // Anything shorter would turn ordinary words into stars.
    private const int ShortestSecret = 4;
    private readonly Lock _lock = new();
    private readonly List<string> _secrets = [];

    public void Add(string? secret)
    {
        if (secret is null || secret.Length < ShortestSecret)
            return;
        lock (_lock)
        {
            if (!_secrets.Contains(secret))
                _secrets.Add(secret);
        }
    }

    public string Apply(string text)
    {
        lock (_lock)
        {
            // Longest first: one secret may be a part of another.
            foreach (var secret in _secrets.OrderByDescending(s => s.Length))
                text = text.Replace(secret, "***", StringComparison.Ordinal);
        }
        return text;
    }
}
