using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>The folder of the evidence (SupplyChainOutputPath), before a publish.</summary>
internal static class OutputFolder
{
    /// <summary>What a publish writes. The layout in <c>image/</c> is none of it: it is a destination, and keeps what was published.</summary>
    private static readonly string[] Written = ["digest.txt", Receipt.FileName, "supply-chain.env", "scan.json", "scan.*.trivy.json", "scan.*.grype.json", "scan.sarif", "report.html", "report.md", "vex.openvex.json", "gl-code-quality-report.json", "gl-container-scanning-report.json", "sbom.cdx.json", "sbom.spdx.json", "sbom.*.cdx.json", "sbom.*.spdx.json", "build.cdx.json", "provenance.json", "*.sigstore.json"];

    /// <summary>Whether one of these files was written after the last publish that came to its end; true where there was none. Good for a guess only.</summary>
    public static bool IsOlderThanAny(string directory, IEnumerable<string> files)
    {
        var published = File.GetLastWriteTimeUtc(Path.Combine(directory, Receipt.FileName));
        // A file that is not there has a time of 1601.
        return published.Year < 1970 || files.Any(file => File.GetLastWriteTimeUtc(file) > published);
    }

    /// <summary>
    /// Makes the folder, and takes away what an earlier publish wrote there: whoever reads digest.txt after a publish that failed must not get the
    /// image of the day before.
    /// </summary>
    /// <exception cref="DiagnosticException">SCB0108.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            WorkFolder.DeleteLeftOver(directory);
            foreach (var file in Written.SelectMany(pattern => Directory.EnumerateFiles(directory, pattern)).ToList())
                File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.FileSystemRefused,
                $"SupplyChainOutputPath is '{directory}', which cannot be written to: {e.Message.TrimEnd('.')}. Give a folder that this user may write to, or leave the property out ($(OutputPath)supply-chain/).",
                e);
        }
    }
}
