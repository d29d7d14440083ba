using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Tools;

/// <summary>Writes an air-gap bundle: the installed releases as they were downloaded, and the vulnerability database.</summary>
internal sealed class AirGapBundleWriter(ToolCache cache, TimeProvider clock)
{
    /// <summary>Written beside its place and moved there when it is whole.</summary>
    /// <param name="place">The tar to write, absolute; an older one is replaced.</param>
    /// <param name="releases">Installed, and so compared with their pins.</param>
    /// <param name="trivyCache">The folder that has <c>db/trivy.db</c> in it; null: without a database.</param>
    /// <returns>SHA-256 of the bundle, to compare it with after it was carried elsewhere; and its size in bytes.</returns>
    /// <exception cref="DiagnosticException">SCB7012: it cannot be written there.</exception>
    public async Task<(string Sha256, long Size)> WriteAsync(string place, IReadOnlyList<ToolRelease> releases, string? trivyCache, string madeBy, CancellationToken cancellationToken)
    {
        var temporary = $"{place}.{Guid.NewGuid():n}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            // An update of the database by another build must not come between its two files.
            using (trivyCache is null ? null : await FileLock.AcquireAsync(Path.Combine(trivyCache, AirGapDatabase.LockName), TimeSpan.FromMinutes(10), clock, cancellationToken))
                await WriteTarAsync(temporary, await ListAsync(releases, trivyCache, cancellationToken), madeBy, cancellationToken);
            File.Move(temporary, place, overwrite: true);
            return ((await ToolLook.TakeAsync(place, cancellationToken)).Sha256, new FileInfo(place).Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new DiagnosticException(DiagnosticCodes.AirGapBundleUnusable, $"the air-gap bundle {place} cannot be written: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. Give a file in a folder with room for it in SupplyChainAirGapBundle.", e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    private async Task<IReadOnlyList<(string File, BundleFile Entry)>> ListAsync(IReadOnlyList<ToolRelease> releases, string? trivyCache, CancellationToken cancellationToken)
    {
        var files = new List<(string File, string Name)>();
        foreach (var release in releases)
        {
            files.Add((cache.Download(release), AirGapBundle.ToolsFolder + release.Path));
            if (File.Exists(cache.Signature(release)))
                files.Add((cache.Signature(release), AirGapBundle.ToolsFolder + release.Path + ".sigstore.json"));
        }
        if (trivyCache is not null)
        {
            files.Add((Path.Combine(trivyCache, "db", "metadata.json"), AirGapBundle.DatabaseMetadataName));
            files.Add((Path.Combine(trivyCache, "db", "trivy.db"), AirGapBundle.DatabaseName));
        }
        return await Task.WhenAll(files.Select(async file =>
        {
            await using var content = File.OpenRead(file.File);
            return (file.File, new BundleFile(file.Name, content.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))));
        }));
    }

    private async Task WriteTarAsync(string target, IReadOnlyList<(string File, BundleFile Entry)> files, string madeBy, CancellationToken cancellationToken)
    {
        var contents = new BundleContents(AirGapBundle.Format, madeBy, clock.GetUtcNow(), [.. files.Select(file => file.Entry)]);
        await using var tar = new TarWriter(File.Create(target), TarEntryFormat.Pax);
        await AddAsync(tar, AirGapBundle.ContentsName, new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(contents, BundleJson.Default.BundleContents)), cancellationToken);
        foreach (var (file, entry) in files)
        {
            await using var content = File.OpenRead(file);
            await AddAsync(tar, entry.Path, content, cancellationToken);
        }
    }

    private static Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancellationToken) =>
        tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, cancellationToken);
}
