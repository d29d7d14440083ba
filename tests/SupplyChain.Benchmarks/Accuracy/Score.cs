using System.Globalization;

namespace SupplyChain.Benchmarks.Accuracy;

/// <summary>How much of the truth a bill of materials tells (recall), and how much of what it tells is true (precision).</summary>
internal sealed record Score(int Truth, int Listed, int Right)
{
    public static Score Of(IReadOnlySet<string> truth, IReadOnlySet<string> listed) => new(truth.Count, listed.Count, listed.Count(truth.Contains));

    public double Recall => Truth == 0 ? 1 : (double)Right / Truth;

    /// <summary>Null: nothing was listed, so nothing is wrong.</summary>
    public double? Precision => Listed == 0 ? null : (double)Right / Listed;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Recall,4:P0} / {(Precision is { } precision ? precision.ToString("P0", CultureInfo.InvariantCulture) : "-"),5}").Replace(" %", "%", StringComparison.Ordinal);
}
