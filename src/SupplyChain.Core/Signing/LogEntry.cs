using System.Globalization;
using System.Text.Json;

namespace SupplyChain.Core.Signing;

/// <summary>Where and when a transparency log took a signature (sigstore_rekor.proto, TransparencyLogEntry).</summary>
internal sealed record LogEntry(long Index, DateTimeOffset At)
{
    /// <summary>Null: it names neither. Numbers of 64 bits are texts in the JSON form of protocol buffers.</summary>
    public static LogEntry? Read(JsonElement entry) =>
        Number(entry, "logIndex") is { } index && Number(entry, "integratedTime") is { } time and > 0 and < 253402300800
            ? new LogEntry(index, DateTimeOffset.FromUnixTimeSeconds(time))
            : null;

    private static long? Number(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value)
        && long.TryParse(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
