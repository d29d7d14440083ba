using System.IO.Compression;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;

namespace SupplyChain.Core.Tools;

/// <summary>
/// Takes the one program out of the archive of a release. No other file is written, and no name in the archive becomes a path; an archive with
/// a name or an entry that no release has is refused as a whole.
/// </summary>
internal static class ToolArchive
{
    /// <summary>Trivy is 160 MB.</summary>
    internal const long LargestContent = 1024L * 1024 * 1024;

    private const int MostEntries = 10_000;
    private const int UnixFileType = 0xF000;
    private const int UnixLink = 0xA000;

    /// <param name="workFolder">Exists; what is written there is removed again.</param>
    /// <exception cref="DiagnosticException">SCB7005.</exception>
    public static async Task ExtractAsync(ToolRelease release, string archive, string workFolder, Stream target, CancellationToken cancellationToken)
    {
        try
        {
            if (release.IsZip)
                await FromZipAsync(release, archive, target, cancellationToken);
            else
                await FromTarAsync(release, archive, workFolder, target, cancellationToken);
        }
        catch (DiagnosticException e) when (e.Diagnostic.Code == DiagnosticCodes.ArchiveHostile || e.Diagnostic.Code == DiagnosticCodes.ArchiveUnreadable)
        {
            throw Refused(release, e.Message, e);
        }
        catch (InvalidDataException e)
        {
            throw Refused(release, e.Message, e);
        }
    }

    private static async Task FromTarAsync(ToolRelease release, string archive, string workFolder, Stream target, CancellationToken cancellationToken)
    {
        var unpacked = Path.Combine(workFolder, "unpacked.tar");
        try
        {
            await using (var compressed = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress))
            await using (var file = File.Create(unpacked))
                await CopyAsync(compressed, file, LargestContent, cancellationToken);
            using var tar = File.OpenHandle(unpacked);
            if (!TarIndex.Read(tar, cancellationToken).TryGetValue(release.ProgramName, out var found) || found.Count != 1)
                throw Refused(release, $"it does not hold one file '{release.ProgramName}'");
            await using var content = File.OpenRead(unpacked);
            content.Position = found[0].Offset;
            await CopyExactlyAsync(content, target, found[0].Size, cancellationToken);
        }
        finally
        {
            File.Delete(unpacked);
        }
    }

    private static async Task FromZipAsync(ToolRelease release, string archive, Stream target, CancellationToken cancellationToken)
    {
        using var zip = ZipFile.OpenRead(archive);
        if (zip.Entries.Count > MostEntries)
            throw Refused(release, $"it has more than {MostEntries} entries");
        foreach (var entry in zip.Entries)
        {
            TarName.Normalise(entry.FullName);
            if (((entry.ExternalAttributes >> 16) & UnixFileType) == UnixLink)
                throw Refused(release, $"'{SingleLine.Of(entry.FullName, 200)}' is a link");
        }
        var programs = zip.Entries.Where(entry => entry.FullName == release.ProgramName).ToList();
        if (programs.Count != 1)
            throw Refused(release, $"it does not hold one file '{release.ProgramName}'");
        await using var content = await programs[0].OpenAsync(cancellationToken);
        await CopyAsync(content, target, LargestContent, cancellationToken);
    }

    private static async Task CopyAsync(Stream source, Stream target, long limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[256 * 1024];
        for (var total = 0L; await source.ReadAsync(buffer, cancellationToken) is > 0 and var read;)
        {
            if ((total += read) > limit)
                throw new InvalidDataException($"its content is larger than {limit / (1024 * 1024)} MB");
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private static async Task CopyExactlyAsync(Stream source, Stream target, long size, CancellationToken cancellationToken)
    {
        var buffer = new byte[256 * 1024];
        for (var left = size; left > 0;)
        {
            var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken);
            if (read == 0)
                throw new InvalidDataException("it ends in the middle");
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            left -= read;
        }
    }

    private static DiagnosticException Refused(ToolRelease release, string why, Exception? cause = null) => new(
        DiagnosticCodes.ToolArchiveRefused,
        $"the archive {release.FileName} of {release.DisplayName} is refused: {SingleLine.Of(why, 500).TrimEnd('.')}. Nothing of it was kept. Its hash is the pinned one ({release.Origin}), so the pin is of a file that is no release: correct the SupplyChainToolPin, or remove it.",
        cause);
}
