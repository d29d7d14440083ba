using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>SupplyChainGrypeTarget.</summary>
internal enum GrypeTarget
{
    /// <summary>The bill of materials: the packages as the build knows them, the system as Trivy lists it.</summary>
    Sbom,

    /// <summary>The image's bytes as Grype itself reads them, and the bill of materials of the packages.</summary>
    Image,
}

/// <summary>
/// Scans with Grype. What is in the image (the system's packages, secrets) is listed by Trivy, with a database without advisories; which of it is vulnerable is
/// Grype's word alone.
/// </summary>
/// <param name="writeSbom">Writes the bill of materials of one platform as CycloneDX, from the listing of that platform alone.</param>
internal sealed class GrypeScanner(IToolRunner runner, Tool grype, Tool trivy, GrypeTarget target, Action<ScanReport, Stream> writeSbom, TimeProvider? clock = null) : IScanner
{
    public const string Name = "Grype";

    /// <inheritdoc/>
    public async Task<ScanReport> ScanAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var place = Directory.CreateDirectory(Path.Combine(request.WorkDirectory, "grype")).FullName;
        var configuration = Path.Combine(place, "empty.yaml");
        await File.WriteAllBytesAsync(configuration, [], cancellationToken);
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var process = new GrypeProcess(runner, grype, place, request);
        // The database is fetched while the image is being made and listed.
        var database = TrivyScanner.StoppingAsync(new GrypeDatabase(process, clock ?? TimeProvider.System).EnsureAsync(request, abort.Token), abort);
        var listed = TrivyScanner.StoppingAsync(new TrivyLister(runner, trivy, clock).ReportAsync(request, abort.Token), abort);
        await Task.WhenAll(database, listed);
        var run = new GrypeRun(process, request, configuration, place, abort.Token);
        var (listing, image) = (await listed, await request.Image);
        var names = TrivyScanner.FileNames(image.Platforms);
        var runs = image.Platforms.Select((platform, index) => target is GrypeTarget.Image
            ? run.ScanImageAsync(image, platform, names[index])
            : run.ScanSbomAsync(OnePlatform(listing, platform), platform.Platform.ToString(), names[index], writeSbom)).ToList();
        if (target is GrypeTarget.Image && request.InventoryFile is { } inventory)
            runs.Add(run.ScanInventoryAsync(inventory));
        return GrypeMerge.Merge(listing, await Task.WhenAll(runs.Select(one => TrivyScanner.StoppingAsync(one, abort))));
    }

    private static ScanReport OnePlatform(ScanReport listing, PlatformImage platform) =>
        listing with { Platforms = [.. listing.Platforms.Where(one => one.Manifest == platform.Manifest.Digest).Select(WithUpstreams)] };

    /// <summary>Grype looks for the advisories of a source package where the package URL names it.</summary>
    private static ScannedPlatform WithUpstreams(ScannedPlatform platform) => platform with
    {
        Packages =
        [
            .. platform.Packages.Select(package => package is { Purl: { } purl, SourceName: { } source } && source != package.Name && !purl.Contains("upstream=", StringComparison.Ordinal)
                ? package with { Purl = $"{purl}{(purl.Contains('?', StringComparison.Ordinal) ? '&' : '?')}upstream={Uri.EscapeDataString(source)}" }
                : package),
        ],
    };
}
