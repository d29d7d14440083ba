using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
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
        var text = note?.Read();
        if (text is null)
        {
            var result = await trivy.RunAsync(["--version"], TrivyEnvironment.ForScan(request.Environment), request.TimeLimit, cancellationToken);
            text = result.ExitCode == 0 ? result.StandardOutput : "";
            if (text.Length is > 0 and < 4096)
                note?.Write(text);
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

    private FileNote? NoteFor(string cacheFolder)
    {
        var file = new FileInfo(tool.Path);
        return file.Exists ? new FileNote(file, Path.Combine(cacheFolder, "supplychain", $"version-{Digest.Of(Encoding.UTF8.GetBytes(file.FullName)).Hex[..16]}.txt")) : null;
    }
}
