using System.Globalization;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// The date that an image gets instead of the time of its build: SOURCE_DATE_EPOCH (reproducible-builds.org, "SOURCE_DATE_EPOCH specification"), else the time of
/// the commit, else a constant. The same sources have the same date, wherever and whenever they are built.
/// </summary>
internal static class SourceDate
{
    /// <summary>Of sources that no commit holds. Archivers that know no date before 1980 show it as it is.</summary>
    public static DateTimeOffset Constant { get; } = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="DiagnosticException">SCB0103: SOURCE_DATE_EPOCH is something else than seconds.</exception>
    public static async Task<DateTimeOffset> ReadAsync(IMachine machine, IToolRunner runner, string projectDirectory, CancellationToken cancellationToken) =>
        OfEnvironment(machine) ?? await OfCommitAsync(machine, runner, projectDirectory, cancellationToken) ?? Constant;

    /// <summary>Null: it is not set.</summary>
    /// <exception cref="DiagnosticException">SCB0103, as above.</exception>
    public static DateTimeOffset? OfEnvironment(IMachine machine)
    {
        if (machine.Variable("SOURCE_DATE_EPOCH") is not { Length: > 0 } text)
            return null;
        return Parse(text) ?? throw new DiagnosticException(
            DiagnosticCodes.UnknownValue,
            $"the environment variable SOURCE_DATE_EPOCH is '{SingleLine.Of(text, 40)}'. Valid values: seconds since 1970-01-01, for example 1764000000.");
    }

    private static async Task<DateTimeOffset?> OfCommitAsync(IMachine machine, IToolRunner runner, string directory, CancellationToken cancellationToken) =>
        await new SourceControl(runner, machine).ReadDateAsync(directory, cancellationToken) is { } text ? Parse(text) : null;

    private static DateTimeOffset? Parse(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1L << 33 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
