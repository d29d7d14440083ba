using System.Globalization;
using System.Text;

namespace SupplyChain.Benchmarks;

/// <summary>Medians with the range of all rounds, the ratios that matter, and where the time goes.</summary>
internal static class ResultTable
{
    public static string Write(IReadOnlyDictionary<IPublish, List<Measurement>> measured)
    {
        var text = new StringBuilder("    median   min - max      CPU\n");
        var medians = new Dictionary<char, double>();
        foreach (var (way, measurements) in measured)
        {
            var totals = measurements.Select(measurement => measurement.Total.TotalSeconds).ToList();
            medians[way.Letter] = Median(totals);
            text.Append(CultureInfo.InvariantCulture, $"{way.Letter}   {medians[way.Letter],4:0.00} s   {totals.Min():0.00} - {totals.Max():0.00}   {ProcessorTime(measurements)}   {way.Description}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nb - a  {medians['b'] - medians['a'],4:0.00} s   what SupplyChain.Build adds to a publish\n");
        text.Append(CultureInfo.InvariantCulture, $"b / c  {medians['b'] / medians['c'],4:0.00}     what it costs compared with the usual commands by hand, which make less\n");
        text.Append(CultureInfo.InvariantCulture, $"g / c  {medians['g'] / medians['c'],4:0.00}     the same with no more evidence than theirs\n");
        text.Append(CultureInfo.InvariantCulture, $"b / d  {medians['b'] / medians['d'],4:0.00}     what it costs compared with the same work by hand\n");
        text.Append(CultureInfo.InvariantCulture, $"f - e  {medians['f'] - medians['e'],4:0.00} s   what it adds when nothing has changed\n");
        foreach (var (way, measurements) in measured.Where(entry => entry.Value[0].Steps.Count > 0))
            WriteSteps(text, way, measurements);
        return text.ToString();
    }

    private static string ProcessorTime(List<Measurement> measurements) =>
        measurements.All(measurement => measurement.ProcessorTime is not null)
            ? string.Create(CultureInfo.InvariantCulture, $"{Median(measurements.Select(measurement => measurement.ProcessorTime!.Value.TotalSeconds)),4:0.00} s")
            : "     -";

    private static void WriteSteps(StringBuilder text, IPublish way, List<Measurement> measurements)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nsteps of {way.Letter}            median   min - max (ms)\n");
        foreach (var name in measurements[0].Steps.Select(step => step.Name))
        {
            var times = measurements.Select(measurement => measurement.Steps.Single(step => step.Name == name).Duration.TotalMilliseconds).ToList();
            WriteStep(text, name, times);
        }

        WriteStep(text, "everything else", [.. measurements.Select(measurement => (measurement.Total - measurement.Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Duration)).TotalMilliseconds)]);
    }

    private static void WriteStep(StringBuilder text, string name, List<double> times) =>
        text.Append(CultureInfo.InvariantCulture, $"  {name,-18} {Median(times),6:0}   {times.Min():0} - {times.Max():0}\n");

    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
