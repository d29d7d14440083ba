using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Projects;

/// <summary>One item of <c>@(ResolvedFileToPublish)</c>.</summary>
/// <param name="RelativePath">Where it goes, relative to the publish folder.</param>
/// <param name="SourcePath">Where it comes from (<c>%(FullPath)</c>); files that a package's own targets add are recognised by it.</param>
/// <param name="PackageId"><c>%(NuGetPackageId)</c>, where the SDK sets it.</param>
/// <param name="PackageVersion"><c>%(NuGetPackageVersion)</c>, where the SDK sets it.</param>
public sealed record PublishedFile(string RelativePath, string SourcePath, string? PackageId = null, string? PackageVersion = null)
{
    /// <summary>The published file that holds it: the single-file bundle or the native executable. Null: it is a published file itself.</summary>
    public string? Inside { get; init; }

    /// <summary>An assembly that was given to the native compiler; whether its code is in the executable, the compiler's statistics say.</summary>
    public bool IsCompiledToNative { get; init; }

    /// <summary>For WriteLinesToFile: <c>@(ResolvedFileToPublish->'%(NuGetPackageId)|%(NuGetPackageVersion)|%(RelativePath)|%(FullPath)')</c>.</summary>
    public const string LineFormat = "NuGetPackageId|NuGetPackageVersion|RelativePath|FullPath";

    /// <summary>Reads a list that a target wrote, one file a line, as <see cref="LineFormat"/> says.</summary>
    /// <exception cref="DiagnosticException">SCB1501: the list is missing or a line does not have the four fields.</exception>
    public static async Task<IReadOnlyList<PublishedFile>> ReadListAsync(string path, CancellationToken cancellationToken)
    {
        string[] lines;
        try
        {
            lines = await File.ReadAllLinesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(DiagnosticCodes.AssetsFileUnreadable, $"{path}, the list of the published files, cannot be read: {e.Message} Publish again.", e);
        }

        var files = new List<PublishedFile>(lines.Length);
        foreach (var line in lines)
        {
            if (line.Length > 0)
                files.Add(Parse(line, path));
        }

        return files;
    }

    private static PublishedFile Parse(string line, string path)
    {
        // A path may hold a '|', an id or a version never does. Where it does, the relative path is the shorter part that ends the full path.
        var fields = line.Split('|', 3);
        var split = fields.Length == 3 ? Middle(fields[2]) : -1;
        if (split < 0)
            throw new DiagnosticException(DiagnosticCodes.AssetsFileUnreadable, $"{path} has a line that is not {LineFormat}: '{Shorten(line)}'. Delete the file and publish again.");
        return new PublishedFile(fields[2][..split].Replace('\\', '/'), fields[2][(split + 1)..], NullIfEmpty(fields[0]), NullIfEmpty(fields[1]));
    }

    private static int Middle(string paths)
    {
        var first = paths.IndexOf('|');
        if (first < 0 || paths.IndexOf('|', first + 1) < 0)
            return first;
        for (var at = first; at >= 0; at = paths.IndexOf('|', at + 1))
        {
            if (Path.IsPathFullyQualified(paths[(at + 1)..]))
                return at;
        }

        return -1;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static string Shorten(string line) => line.Length <= 200 ? line : line[..200] + "…";
}
