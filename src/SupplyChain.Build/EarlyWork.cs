using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Provenance;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build;

/// <summary>
/// What needs the project and not the image: reading the inventory and scanning it. It begins before the SDK builds the image and runs beside that;
/// the steps that own the results wait for them.
/// </summary>
internal sealed class EarlyWork : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ImageLayout> _image = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _published = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<ScanReport?> _report;
    private readonly Task<ImageListing?> _listing;

    /// <param name="reading">What is being read already; null: nothing is.</param>
    public EarlyWork(PublishPlan plan, PublishState state, IToolRunner runner, ProjectInventoryRequest? request = null, ProjectReading? reading = null)
    {
        // Task.Run: nothing of this may run on MSBuild's own thread.
        Inventory = plan.PlatformDirectory is null && reading?.Inventory is { } begun ? begun : Task.Run(() => ReadInventoryAsync(plan, request ?? RequestOf(plan), _stop.Token));
        SourceDate = reading?.SourceDate ?? Task.Run(() => Core.Publishing.SourceDate.ReadAsync(Package.Machine, new ToolRunner(), Path.GetDirectoryName(plan.ProjectFile)!, _stop.Token));
        _report = Task.Run(() => ScanAsync(plan, state, runner, _stop.Token));
        _listing = Task.Run(() => ListAsync(plan, state, runner, _stop.Token));
        Source = Task.Run(() => plan.Attestations.Contains(PredicateTypes.Provenance)
            ? new SourceControl(new ToolRunner(), Package.Machine).ReadAsync(Path.GetDirectoryName(plan.ProjectFile)!, _stop.Token)
            : Task.FromResult<SourceRevision?>(null));
    }

    /// <summary>With several runtime identifiers it is there only after <see cref="HasPublished"/>.</summary>
    public Task<ProjectInventory> Inventory { get; }

    /// <summary>Null where git knows nothing, or the provenance is not asked for.</summary>
    public Task<SourceRevision?> Source { get; }

    /// <summary>Set once the scan has ended well.</summary>
    public ScanTimes? ScanTimes { get; private set; }

    /// <summary>The SDK has made the image: what inner builds had to write is written.</summary>
    public void HasPublished() => _published.TrySetResult();

    /// <summary>When the sources were committed.</summary>
    public Task<DateTimeOffset> SourceDate { get; }

    /// <summary>Null where the plan says not to scan.</summary>
    public async Task<ScanReport?> ScanAsync(ImageLayout image, CancellationToken cancellationToken)
    {
        _image.TrySetResult(image);
        await using var stopping = cancellationToken.Register(_stop.Cancel);
        return await _report;
    }

    /// <summary>What lies in an image that is not scanned; null where nobody wants to know, or nothing can tell: then why.</summary>
    public async Task<(ImageListing? Listing, string? WhyNot)> ListAsync(ImageLayout image, CancellationToken cancellationToken)
    {
        _image.TrySetResult(image);
        await using var stopping = cancellationToken.Register(_stop.Cancel);
        try
        {
            return (await _listing, null);
        }
        catch (DiagnosticException e)
        {
            // Who does not scan is not to be stopped by the scanner.
            return (null, e.Diagnostic.Message);
        }
    }

    private async Task<ImageListing?> ListAsync(PublishPlan plan, PublishState state, IToolRunner runner, CancellationToken cancellationToken) => plan.Lister is not { } trivy ? null
        : await new TrivyLister(runner, trivy).ListAsync(
            new ScanRequest(_image.Task, state.ScanDirectory, plan.OutputDirectory, Package.EnvironmentVariables(plan.Tools?.CertificateAuthorityFile)), cancellationToken);

    private async Task<ScanReport?> ScanAsync(PublishPlan plan, PublishState state, IToolRunner runner, CancellationToken cancellationToken)
    {
        if (plan.Trivy is not { } trivy)
            return null;
        var inventory = await Inventory;
        if (plan is { TrivyServer: null, Grype: null } && plan.Tools?.AirGapBundle is { } place)
        {
            using var bundle = AirGapBundle.Open(place);
            await AirGapDatabase.SeedAsync(bundle, TrivyCacheDirectory.Of(Package.EnvironmentVariables()), TimeProvider.System, cancellationToken);
        }

        await using (var file = File.Create(state.InventorySbomFile))
            CycloneDxWriter.Write(SbomBuilder.BuildPackages(inventory, Package.Version), file);
        var startedAt = Package.Now();
        IScanner scanner = plan.Grype is { } grype
            ? new GrypeScanner(runner, grype, trivy, plan.GrypeTarget, (listing, file) =>
                CycloneDxWriter.Write(SbomBuilder.Build(inventory, listing, new SbomContext(plan.Repository, listing.Image, Package.Version, null)), file))
            : new TrivyScanner(runner, trivy);
        var report = await scanner.ScanAsync(
            new ScanRequest(_image.Task, state.ScanDirectory, plan.OutputDirectory, Package.EnvironmentVariables(plan.Tools?.CertificateAuthorityFile))
            {
                InventoryFile = state.InventorySbomFile,
                Offline = plan.Offline,
                Secrets = plan.ScanSecrets,
                DatabaseRepositories = plan.TrivyDatabases,
                Server = plan.TrivyServer,
                Kept = plan is { Grype: null, TrivyServer: null } ? new KeptReports(state.KeptScanDirectory, plan.ScanMaximumAge, trivy, TimeProvider.System) : null,
            },
            cancellationToken);
        ScanTimes = report.Times ?? new ScanTimes(startedAt, Package.Now());
        return report;
    }

    private async Task<ProjectInventory> ReadInventoryAsync(PublishPlan plan, ProjectInventoryRequest request, CancellationToken cancellationToken)
    {
        if (plan.PlatformDirectory is not { } platforms)
        {
            var inventory = await ProjectInventoryReader.ReadAsync(request, cancellationToken);
            return request.PublishedFiles is null ? PlatformInventories.WithoutFiles(inventory) : inventory;
        }

        await _published.Task.WaitAsync(cancellationToken);
        return await PlatformInventories.ReadAsync(platforms, request, cancellationToken);
    }

    /// <summary>For an engine that keeps no objects between the steps.</summary>
    private static ProjectInventoryRequest RequestOf(PublishPlan plan) => new(plan.ProjectFile, plan.AssetsFile, plan.TargetFramework, plan.AssemblyName, plan.Version)
    {
        RuntimeIdentifiers = plan.RuntimeIdentifiers,
    };

    /// <summary>Ends the scanner's process when the build fails before its result is wanted.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _image.TrySetCanceled();
        _published.TrySetCanceled();
        // A moment for the process tree to end; what came out of it no longer matters to anyone.
        Task.WhenAny(Task.WhenAll(Inventory, SourceDate, _report, _listing, Source), Task.Delay(TimeSpan.FromSeconds(5))).GetAwaiter().GetResult();
        _stop.Dispose();
    }
}
