using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Scans with Trivy: each platform's own bytes, and the project's inventory, all at the same time. The decision is made from the JSON reports alone;
/// the exit code says only whether a report is to be expected.
/// </summary>
public sealed class TrivyScanner(IToolRunner runner, Tool trivy, TimeProvider? clock = null) : IScanner
{
    /// <summary>The scanner's name in a <see cref="ScanReport"/>.</summary>
    public const string Name = "Trivy";

    /// <inheritdoc/>
    public async Task<ScanReport> ScanAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var place = Path.Combine(request.WorkDirectory, "trivy");
        var (arguments, process) = await PrepareAsync(runner, trivy, request, cancellationToken);
        Directory.CreateDirectory(request.OutputDirectory);
        var version = new TrivyVersion(process, trivy);
        var (cacheFolder, database) = request.Server is null
            ? await new TrivyDatabase(process, clock ?? TimeProvider.System).EnsureAsync(request, arguments, cancellationToken)
            : (TrivyCacheDirectory.Of(request), null);

        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var digest = database is null ? Task.FromResult<Digest?>(null) : TrivyDatabaseDigest.OfAsync(cacheFolder, abort.Token);
        var run = new TrivyRun(process, arguments, request, cacheFolder, abort, digest, clock);
        var inventory = request.InventoryFile is { } file ? run.ScanInventoryAsync(file) : Task.FromResult<TrivyReport?>(null);
        var platforms = ScanPlatformsAsync(run, request, place, abort);
        // Beside the scans: a release that names its version in its report would not need it, but only a new one does.
        var supported = version.RefuseOldAsync(request, cacheFolder, abort.Token);
        var serverTime = request.Server is { } server ? StoppingAsync(server.DatabaseTimeAsync(request.Environment, abort.Token), abort) : Task.FromResult<DateTimeOffset?>(null);
        await Task.WhenAll(platforms, inventory, supported, digest, serverTime);
        return TrivyMerge.Merge(await request.Image, await platforms, await inventory, database?.UpdatedAt ?? await serverTime) with { DatabaseDigest = await digest, Server = request.Server?.Address, Times = run.Times, IsKept = run.IsKept };
    }

    /// <summary>Updates the vulnerability database when it is due, and scans nothing. Returns its cache folder and its time.</summary>
    /// <exception cref="DiagnosticException">SCB3004: there is none, and none can be had.</exception>
    public async Task<(string CacheFolder, DateTimeOffset UpdatedAt)> EnsureDatabaseAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var (arguments, process) = await PrepareAsync(runner, trivy, request, cancellationToken);
        var (folder, database) = await new TrivyDatabase(process, clock ?? TimeProvider.System).EnsureAsync(request, arguments, cancellationToken);
        return (folder, database.UpdatedAt);
    }

    internal static async Task<(TrivyArguments, TrivyProcess)> PrepareAsync(IToolRunner runner, Tool trivy, ScanRequest request, CancellationToken cancellationToken)
    {
        var place = Path.Combine(request.WorkDirectory, "trivy");
        var arguments = new TrivyArguments(Path.Combine(place, "empty"), Path.Combine(place, "no-modules"), request.TimeLimit, request.Secrets, request.Server);
        Directory.CreateDirectory(arguments.EmptyFolder);
        await File.WriteAllBytesAsync(arguments.EmptyFile, [], cancellationToken);
        return (arguments, new TrivyProcess(runner, trivy, arguments.EmptyFolder));
    }

    /// <summary>The first that fails stops the others.</summary>
    internal static async Task<T> StoppingAsync<T>(Task<T> task, CancellationTokenSource abort)
    {
        try
        {
            return await task;
        }
        catch
        {
            await abort.CancelAsync();
            throw;
        }
    }

    private static async Task<(PlatformImage Image, TrivyReport Report)[]> ScanPlatformsAsync(TrivyRun run, ScanRequest request, string place, CancellationTokenSource abort)
    {
        var image = await request.Image.WaitAsync(abort.Token);
        if (image.Platforms.Count == 0)
            throw new DiagnosticException(DiagnosticCodes.NothingRecognised, $"The image {image.Root.Digest} has no platform that could be scanned: nothing was checked. Set RuntimeIdentifier or ContainerRuntimeIdentifiers (example: linux-x64).");
        var names = FileNames(image.Platforms);
        return await Task.WhenAll(image.Platforms.Select((platform, index) => run.ScanPlatformAsync(image, platform, names[index], Path.Combine(place, names[index]))));
    }

    /// <summary>A platform's name comes from the image's index and becomes a file name: only what is harmless in one stays, and none stands twice.</summary>
    internal static IReadOnlyList<string> FileNames(IReadOnlyList<PlatformImage> platforms)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "inventory" };
        var names = new List<string>();
        foreach (var platform in platforms)
        {
            var letters = platform.Platform.FileName.ToCharArray(0, Math.Min(60, platform.Platform.FileName.Length));
            var name = new string(Array.ConvertAll(letters, letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '_'));
            var own = name;
            for (var number = 2; !taken.Add(own); number++)
                own = $"{name}-{number}";
            names.Add(own);
        }

        return names;
    }
}
