using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Tools;

namespace SupplyChain.Core.Scanning;

/// <summary>
/// Scans what is no image: a folder of sources (<c>trivy fs</c> for lock files and secrets, <c>trivy config</c> for Dockerfiles, Kubernetes YAML and Terraform,
/// with the checks that are built into it), or a bill of materials.
/// </summary>
internal sealed class SourceScanner(IToolRunner runner, Tool trivy, TimeProvider? clock = null)
{
    /// <summary>What a build writes is no source; the image's own scan sees what is published of it.</summary>
    internal static readonly IReadOnlyList<string> Skipped = ["**/bin", "**/obj", "**/.git"];

    /// <param name="folder">Absolute.</param>
    /// <returns>Its digest is that of the raw reports: sources have none.</returns>
    /// <exception cref="DiagnosticException">SCB30xx.</exception>
    public async Task<ScanReport> ScanFolderAsync(ScanRequest request, string folder, CancellationToken cancellationToken)
    {
        var (run, arguments, cache, updatedAt, abort) = await PrepareAsync(request, cancellationToken);
        using var stopping = abort;
        var files = run.ScanAsync("the sources", "sources", file => arguments.ForFolder(folder, file, cache, Skipped));
        var configuration = run.ScanAsync("the configuration files", "configuration", file => arguments.ForConfiguration(folder, file, cache, Skipped));
        var inventory = request.InventoryFile is { } file ? run.ScanInventoryAsync(file) : Task.FromResult<TrivyReport?>(null);
        await Task.WhenAll((Task[])[files, configuration, inventory]);
        foreach (var report in new[] { await files, await configuration })
        {
            if (report.ArtifactType is not ("filesystem" or "repository") || Path.GetFullPath(report.ArtifactName, folder) != Path.GetFullPath(folder))
                throw new DiagnosticException(DiagnosticCodes.ScannedOtherImage, $"Trivy was asked to scan the folder {folder} and reported on '{SingleLine.Of(report.ArtifactName, 200)}' ({SingleLine.Of(report.ArtifactType, 100)}). Delete the output folder and run it again.");
        }

        return TrivyMerge.MergeSources(Identity(request), folder, await files, await configuration, await inventory, updatedAt) with { Server = request.Server?.Address };
    }

    /// <summary>Today's findings in the packages that a bill of materials names.</summary>
    /// <param name="sbom">Absolute path of a CycloneDX or SPDX file in JSON.</param>
    /// <param name="image">The image that it describes.</param>
    public async Task<ScanReport> ScanSbomAsync(ScanRequest request, string sbom, Digest image, CancellationToken cancellationToken)
    {
        var (run, arguments, cache, updatedAt, abort) = await PrepareAsync(request, cancellationToken);
        using var stopping = abort;
        var report = await run.ScanAsync("the bill of materials", "sbom", file => arguments.ForInventory(sbom, file, cache));
        TrivyReportReader.CheckSbom(report, sbom);
        return TrivyMerge.MergeSbom(image, report, updatedAt) with { Server = request.Server?.Address };
    }

    private async Task<(TrivyRun Run, TrivyArguments Arguments, TrivyCacheChoice Cache, DateTimeOffset? UpdatedAt, CancellationTokenSource Abort)> PrepareAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        var (arguments, process) = await TrivyScanner.PrepareAsync(runner, trivy, request, cancellationToken);
        Directory.CreateDirectory(request.OutputDirectory);
        var (folder, updatedAt) = request.Server is null
            ? await new TrivyScanner(runner, trivy, clock).EnsureDatabaseAsync(request, cancellationToken)
            : (TrivyCacheDirectory.Of(request), await request.Server.DatabaseTimeAsync(request.Environment, cancellationToken));
        await new TrivyVersion(process, trivy).RefuseOldAsync(request, folder, cancellationToken);
        var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = new TrivyRun(process, arguments, request, folder, abort);
        return (run, arguments, request.Server is null ? new TrivyCacheChoice(folder, InMemory: true) : run.NoDatabase, updatedAt, abort);
    }

    private static Digest Identity(ScanRequest request)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var name in (string[])["sources", "configuration"])
            hash.AppendData(File.ReadAllBytes(Path.Combine(request.OutputDirectory, $"scan.{name}.trivy.json")));
        return Digest.FromHash(hash.GetHashAndReset());
    }
}
