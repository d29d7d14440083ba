using System.Globalization;

namespace SupplyChain.Build;

/// <summary>Numbers as people read them.</summary>
internal static class Amounts
{
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{count} {noun}s");

    /// <summary>Decimal units, as registries count: 312 KB, 91 MB, 1.2 GB.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1000 => Invariant($"{bytes} bytes"),
        < 1_000_000 => Invariant($"{bytes / 1000.0:0} KB"),
        < 1_000_000_000 => Invariant($"{bytes / 1_000_000.0:0} MB"),
        _ => Invariant($"{bytes / 1_000_000_000.0:0.0} GB"),
    };

    public static string Seconds(TimeSpan time) => Invariant($"{time.TotalSeconds:0.0} s");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
