using System.Globalization;
using System.Text;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Reports of the last publish of this project. The same scanner says the same of the same bytes with the same database, so such a report is taken again
/// and read, checked and judged like a new one. Anything that differs, or cannot be told, is scanned.
/// </summary>
/// <param name="directory">Among the project's intermediate files, like the assemblies that go into the image.</param>
/// <param name="maximumAge">SupplyChainScanMaximumAgeHours. Zero: nothing is taken.</param>
internal sealed class KeptReports(string directory, TimeSpan maximumAge, Tool scanner, TimeProvider clock)
{
    private const int MostBytesOfNote = 4096;

    /// <summary>What a report is about, and what it depends on.</summary>
    /// <param name="subject">The digest of the manifest or of the file that is scanned.</param>
    /// <param name="database">The database by its content.</param>
    /// <returns>Null: it cannot be told whether another one would be the same.</returns>
    public string? KeyOf(Digest subject, Digest? database, bool secrets)
    {
        var file = new FileInfo(scanner.Path);
        if (database is not { } known || !file.Exists)
            return null;
        var text = $"{subject} {known} {(secrets ? "secrets" : "no secrets")} {FileNote.StateOf(file)}";
        return Digest.Of(Encoding.UTF8.GetBytes(text)).Hex;
    }

    /// <summary>Whether there is any: if not, nothing needs to be known to scan.</summary>
    public bool Has(string name) => maximumAge > TimeSpan.Zero && File.Exists(NoteOf(name));

    /// <param name="target">Where the scanner would have written it.</param>
    /// <returns>When that scan was; null: there is none that may be taken.</returns>
    public ScanTimes? Take(string name, string? key, string target)
    {
        try
        {
            if (key is null || !Has(name) || new FileInfo(NoteOf(name)).Length > MostBytesOfNote || File.ReadAllText(NoteOf(name)).Split(' ') is not [var known, var report, var from, var to]
                || known != key || Time(from) is not { } startedAt || Time(to) is not { } finishedAt)
                return null;
            var now = clock.GetUtcNow();
            if (startedAt > finishedAt || finishedAt > now || now - startedAt > maximumAge)
                return null;
            var content = File.ReadAllBytes(ReportOf(name));
            // A publish that was killed between the two, or a disk that was full.
            if (Digest.Of(content).Hex != report)
                return null;
            File.WriteAllBytes(target, content);
            return new ScanTimes(startedAt, finishedAt);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>That it cannot be kept is no reason to fail.</summary>
    public void Keep(string name, string? key, string file, ScanTimes times)
    {
        if (key is null || maximumAge == TimeSpan.Zero)
            return;
        try
        {
            Directory.CreateDirectory(directory);
            var content = File.ReadAllBytes(file);
            File.WriteAllBytes(ReportOf(name), content);
            File.WriteAllText(NoteOf(name), $"{key} {Digest.Of(content).Hex} {times.StartedAt:O} {times.FinishedAt:O}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    private string ReportOf(string name) => Path.Combine(directory, name + ".json");

    private string NoteOf(string name) => Path.Combine(directory, name + ".txt");

    private static DateTimeOffset? Time(string text) => DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
