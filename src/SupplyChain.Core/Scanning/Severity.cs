using System.Text.Json.Serialization;

namespace SupplyChain.Core.Scanning;

/// <summary>In rising order. Unknown is lowest by number only: what is not known is never taken for harmless, see <see cref="Gating"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
public enum Severity
{
    Unknown,
    Low,
    Medium,
    High,
    Critical,
}
