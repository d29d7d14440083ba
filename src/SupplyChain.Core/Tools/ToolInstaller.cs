using System.Globalization;
using System.Security.Cryptography;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;

namespace SupplyChain.Core.Tools;

/// <summary>What an installation tells people.</summary>
internal interface IInstallLog
{
    /// <summary>A line for the log: it happened.</summary>
    void Say(string line);

    /// <summary>What is going on now, for whoever has to wait; replaces what was said before about the same tool.</summary>
    void Show(string tool, string state);
}

/// <summary>
/// Puts a pinned release into the tools folder: downloaded, compared with its hash, unpacked, and only then moved to its place in one step. Builds
/// that run side by side download once; the others wait.
/// </summary>
internal sealed class ToolInstaller(ToolCache cache, IToolSource source, IInstallLog log, TimeProvider clock, DownloadLimits? limits = null)
{
    /// <summary>As long as the download of another build may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly DownloadLimits _limits = limits ?? new DownloadLimits();
    private readonly ToolMemory _memory = new(cache.Looks);

    /// <summary>Returns once the program is at its place and is the pinned one.</summary>
    /// <exception cref="DiagnosticException">
    /// SCB7004 another hash, SCB7005 an archive that is no release, SCB7007 known to be malicious, SCB7008 it cannot be had, SCB7009 the installed one
    /// has been changed, SCB7013 the tools folder cannot be used. Nothing is left behind.
    /// </exception>
    public async Task<ToolLook> EnsureAsync(ToolRelease release, CancellationToken cancellationToken)
    {
        DeniedTools.Refuse(release.Tool, release.Version, release.Sha256, $"{release.DisplayName}, which is pinned,");
        try
        {
            if (File.Exists(cache.Program(release)))
                return await CheckAsync(release, cancellationToken);
            PrivateFolder.Create(cache.Folder);
            PrivateFolder.Create(cache.Releases);
            log.Show(release.Tool, $"waiting for another build that installs {release.DisplayName}");
            using var held = await FileLock.AcquireAsync(cache.Lock(release), Patience, clock, cancellationToken);
            return File.Exists(cache.Program(release)) ? await CheckAsync(release, cancellationToken) : await InstallAsync(release, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ToolsFolderUnusable,
                $"{release.DisplayName} cannot be installed in {cache.Folder}: {SingleLine.Of(e.Message, 300).TrimEnd('.')}. Name a folder with room that this user may write to in SupplyChainToolsPath, or set {KnownTool.Of(release.Tool).Property} to a program that is there.",
                e);
        }
    }

    /// <summary>Remembers that the release's own signature is verified.</summary>
    public ToolLook Confirm(ToolRelease release, ToolLook look)
    {
        var confirmed = look with { Signed = true };
        _memory.Remember(cache.Program(release), confirmed);
        return confirmed;
    }

    /// <summary>Takes a release out of the cache that turned out to be none.</summary>
    public void Remove(ToolRelease release) => Delete(cache.Entry(release));

    private async Task<ToolLook> InstallAsync(ToolRelease release, CancellationToken cancellationToken)
    {
        // Held by the lock: what is there was left by a build that was killed.
        var staging = cache.Entry(release) + ".new";
        Delete(staging);
        PrivateFolder.Create(staging);
        try
        {
            var watch = clock.GetTimestamp();
            var file = Path.Combine(staging, release.IsRaw ? release.ProgramName : release.FileName);
            var size = await DownloadAsync(release, file, cancellationToken);
            var program = Path.Combine(staging, release.ProgramName);
            if (!release.IsRaw)
            {
                await using var target = new FileStream(program, FileMode.CreateNew, FileAccess.Write);
                await ToolArchive.ExtractAsync(release, file, staging, target, cancellationToken);
            }
            var look = (await ToolLook.TakeAsync(program, cancellationToken)) with { Pin = release.Sha256 };
            DeniedTools.Refuse(release.Tool, look.Version, look.Sha256, $"{release.DisplayName} from {source.Describe(release.Path)}");
            await FetchSignatureAsync(release, Path.Combine(staging, release.FileName + ".sigstore.json"), cancellationToken);
            MakeExecutable(program);
            Directory.Move(staging, cache.Entry(release));
            _memory.Remember(cache.Program(release), look);
            log.Say(string.Create(CultureInfo.InvariantCulture, $"installed {release.DisplayName} from {source.Describe(release.Path)} ({size / 1_000_000.0:0.#} MB, {clock.GetElapsedTime(watch).TotalSeconds:0.0} s), SHA-256 as pinned"));
            return look with { IsNew = true };
        }
        finally
        {
            Delete(staging);
        }
    }

    private async Task<long> DownloadAsync(ToolRelease release, string file, CancellationToken cancellationToken)
    {
        try
        {
            log.Show(release.Tool, $"downloading {release.DisplayName} from {source.Describe(release.Path)}");
            var got = await new ToolDownload(source, _limits, clock).FetchAsync(
                release.Path,
                release.Sha256,
                file,
                (bytes, all) => log.Show(release.Tool, string.Create(CultureInfo.InvariantCulture, $"downloading {release.DisplayName}: {bytes / 1_000_000} MB{(all is null ? "" : $" of {all / 1_000_000} MB")}")),
                cancellationToken) ?? throw new DownloadFault("there is no such file", passing: false);
            if (got.Sha256 == release.Sha256)
                return got.Size;
            File.Delete(file);
            throw new DiagnosticException(
                DiagnosticCodes.ToolHashMismatch,
                $"{source.Describe(release.Path)} is not the file that is pinned: its SHA-256 is {got.Sha256}, the pinned one is {release.Sha256} ({release.Origin}). It was deleted and nothing of it was run. Find out what replaced it: a mirror, a proxy, or the release itself; only if you know the new file to be right, pin it with SupplyChainToolPin.");
        }
        catch (DownloadFault fault)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ToolDownloadFailed,
                $"{release.DisplayName} is not installed in {cache.Folder}, and cannot be downloaded from {source.Describe(release.Path)}: {fault.Message.TrimEnd('.')}. Set SupplyChainToolsSource to a mirror that this machine reaches, SupplyChainAirGapBundle to a bundle that has it, or {KnownTool.Of(release.Tool).Property} to a program that is there.",
                fault);
        }
    }

    /// <summary>Small, and only another reason to believe: where it cannot be had, the pinned hash stands alone.</summary>
    private async Task FetchSignatureAsync(ToolRelease release, string target, CancellationToken cancellationToken)
    {
        if (ReleaseNames.Signer(release.Tool, release.Version) is null)
            return;
        try
        {
            await new ToolDownload(source, _limits with { LargestFile = 1024 * 1024, LeastBytes = 1, Retries = 0 }, clock)
                .FetchAsync(release.Path + ".sigstore.json", null, target, (_, _) => { }, cancellationToken);
        }
        catch (DownloadFault)
        {
            // A mirror that has only the releases.
        }
    }

    /// <summary>Whether the installed program still is what the pin says; quick when the file is the very one that was looked at before.</summary>
    private async Task<ToolLook> CheckAsync(ToolRelease release, CancellationToken cancellationToken)
    {
        var program = cache.Program(release);
        if (_memory.Recall(program) is { } known && known.Pin == release.Sha256)
            return known;
        log.Show(release.Tool, $"comparing {program} with its pinned hash");
        var look = (await ToolLook.TakeAsync(program, cancellationToken)) with { Pin = release.Sha256 };
        if (await ExpectedAsync(release, look, cancellationToken) is var expected && expected != look.Sha256)
        {
            throw new DiagnosticException(
                DiagnosticCodes.ToolChanged,
                $"{program} has been changed since it was installed: its SHA-256 is {look.Sha256}, that of the pinned release is {expected}. It was not run. Delete {cache.Entry(release)} to have it installed again, and find out who can write there.");
        }
        DeniedTools.Refuse(release.Tool, look.Version, look.Sha256, program);
        _memory.Remember(program, look);
        return look;
    }

    /// <summary>The hash that the program must have: the pin itself, or that of the program in the archive of which the pin is.</summary>
    private async Task<string> ExpectedAsync(ToolRelease release, ToolLook look, CancellationToken cancellationToken)
    {
        if (release.IsRaw)
            return release.Sha256;
        var archive = cache.Download(release);
        if (!File.Exists(archive) || (await ToolLook.TakeAsync(archive, cancellationToken)).Sha256 != release.Sha256)
            return $"in the archive {release.FileName} with {release.Sha256}, which is not there any more";
        // Not in the cache: that may be a folder which nobody may write to.
        var work = Directory.CreateTempSubdirectory("supplychain-").FullName;
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var target = new HashingStream(hash);
            await ToolArchive.ExtractAsync(release, archive, work, target, cancellationToken);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            Delete(work);
        }
    }

    private static void MakeExecutable(string program)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
