using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Lists what lies in an image, where nothing is to be looked for in it: for the bill of materials. Needs no vulnerability database and no network. Trivy's cache
/// of layers is kept for this too, in a folder of its own.
/// </summary>
internal sealed class TrivyLister(IToolRunner runner, Tool trivy, TimeProvider? clock = null)
{
    /// <exception cref="Diagnostics.DiagnosticException">As <see cref="IScanner.ScanAsync"/>.</exception>
    public async Task<ImageListing> ListAsync(ScanRequest request, CancellationToken cancellationToken) =>
        // Its raw report names no vulnerability because it knows none: nobody is to find it among the evidence.
        ImageListing.Of(await ReportAsync(
            request with { Secrets = false, InventoryFile = null, OutputDirectory = Path.Combine(request.WorkDirectory, "listed") }, cancellationToken));

    /// <summary>The same as a report, with what else the request asks for (secrets, the raw reports) and without a vulnerability.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">As <see cref="IScanner.ScanAsync"/>.</exception>
    public async Task<ScanReport> ReportAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var cache = Path.Combine(TrivyCacheDirectory.Of(request), "supplychain-listing");
        try
        {
            await EmptyTrivyDatabase.WriteAsync(cache, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            cache = Path.Combine(request.WorkDirectory, "listing");
            await EmptyTrivyDatabase.WriteAsync(cache, cancellationToken);
        }

        return await new TrivyScanner(runner, trivy, clock).ScanAsync(request with { CacheDirectory = cache, Offline = true, Server = null }, cancellationToken);
    }
}
