using System.Globalization;

namespace SupplyChain.Benchmarks;

/// <summary>How often to measure.</summary>
/// <param name="WarmUp">Rounds before the recorded ones, that do not count.</param>
internal sealed record Rounds(int Recorded, int WarmUp)
{
    /// <summary>What else was named; empty: everything.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <param name="names">What may be named beside the numbers.</param>
    /// <returns>Null: the arguments are wrong.</returns>
    public static Rounds? TryRead(string[] arguments, Rounds defaults, int least, IReadOnlyList<string> names)
    {
        var rounds = defaults;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (names.Contains(arguments[i]))
            {
                rounds = rounds with { Only = [.. rounds.Only, arguments[i]] };
                continue;
            }

            if (i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            switch (arguments[i++])
            {
                case "--rounds":
                    rounds = rounds with { Recorded = number };
                    break;
                case "--warm-up":
                    rounds = rounds with { WarmUp = number };
                    break;
                default:
                    return null;
            }
        }

        return rounds.Recorded >= least && rounds.WarmUp >= 1 ? rounds : null;
    }
}
