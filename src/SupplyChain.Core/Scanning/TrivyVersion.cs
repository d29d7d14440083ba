using System.Globalization;
using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Which Trivy this is. Asked once for each binary (path, size, time) and remembered in the cache folder: a start costs more than a warm scan. A build from
/// source has no number (<c>dev</c>): it is accepted, since the flags that it takes and the schema of its report are checked by the scan itself.
/// </summary>
internal sealed class TrivyVersion(TrivyProcess trivy, Tool tool)
{
    /// <summary>The first one with all the flags and the report fields that are used here.</summary>
    private static readonly Version Oldest = new(0, 57);

    /// <exception cref="DiagnosticException">SCB3006.</exception>
    public async Task RefuseOldAsync(ScanRequest request, string cacheFolder, CancellationToken cancellationToken)
    {
        var note = NoteFor(cacheFolder);
        var text = Read(note);
        if (text is null)
        {
            var result = await trivy.RunAsync(["--version"], TrivyEnvironment.ForScan(request.Environment), request.TimeLimit, cancellationToken);
            text = result.ExitCode == 0 ? result.StandardOutput : "";
            Write(note, text);
        }

        if (NumberIn(text) is { } version && version < Oldest)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ScannerTooOld,
                $"{tool.Path} (found by {tool.FoundBy}) is Trivy {version}; {Oldest} or later is needed, because older ones cannot be made to report everything. Install a newer one, or name it in SupplyChainTrivyPath.");
        }
    }

    /// <summary>The number in <c>Version: 0.74.0</c>. Null: a build without one.</summary>
    internal static Version? NumberIn(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("Version:", StringComparison.Ordinal))
                return Version.TryParse(line["Version:".Length..].Trim().TrimStart('v').Split('-')[0], out var version) ? version : null;
        }

        return null;
    }

    private string? NoteFor(string cacheFolder)
    {
        var file = new FileInfo(tool.Path);
        if (!file.Exists)
            return null;
        var identity = string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
        return Path.Combine(cacheFolder, "supplychain", $"version-{Digest.Of(Encoding.UTF8.GetBytes(identity)).Hex[..16]}.txt");
    }

    private static string? Read(string? note)
    {
        try
        {
            return note is not null && File.Exists(note) ? File.ReadAllText(note) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(string? note, string text)
    {
        if (note is null || text.Length is 0 or > 4096)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(note)!);
            File.WriteAllText(note, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only cache folder: it is asked again next time.
        }
    }
}
