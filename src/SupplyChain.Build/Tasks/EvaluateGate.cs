using Microsoft.Build.Framework;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Reports;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Build.Tasks;

/// <summary>Decides whether the image may leave this machine. Each finding that blocks becomes an error with the line to change.</summary>
public sealed class EvaluateGate : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var image = State.Image.Read();
        var verdict = State.Verdict.Write(plan.Scan ? await EvaluateAsync(plan, image, cancellationToken) : Skip(image));
        if (verdict.Passed && plan.UserArchive is { } archive)
        {
            await OciArchiveWriter.WriteAsync(image, plan.Repository, plan.Tags, archive, cancellationToken);
            Say($"archive written to {Relative(archive)}");
        }
    }

    private async Task<GateVerdict> EvaluateAsync(PublishPlan plan, ImageLayout image, CancellationToken cancellationToken)
    {
        var (report, inventory) = (State.Scan.Read(), State.Inventory.Read());
        var scanFile = Path.Combine(plan.OutputDirectory, "scan.json");
        File.Copy(State.Scan.Path, scanFile, overwrite: true);
        var now = TimeProvider.System.GetUtcNow();
        using var http = RegistryHttp.CreateClient(plan.Tools?.CertificateAuthorityFile);
        var step = GateStep.Of(plan, now, Relative(Path.Combine(plan.OutputDirectory, "report.html")), cancellationToken);
        var verdict = await (AskForBaseImage(plan, image, http, cancellationToken) is { } ask ? step.With(ask) : step).EvaluateAsync(report, inventory, image.Root.Digest);
        var database = report.DatabaseUpdatedAt is { } updated ? FormattableString.Invariant($", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "";
        // Builds from source name no version in their reports.
        var version = report.ScannerVersion == "unknown" ? "" : $" {report.ScannerVersion}";
        Say($"scanned with {report.Scanner}{version}{database}: {verdict.Summary}");
        // Before the messages, so that what they point to is there.
        foreach (var command in WriteReports(plan, image, report, inventory, verdict, now))
            Log.LogMessage(MessageImportance.High, "{0}", command);
        if (verdict.Passed && plan.AttestVex && ReportFiles.HasVex(verdict))
        {
            var vex = VexWriter.Write(verdict, plan.ReferenceTo(image.Root.Digest), now, Package.Version);
            State.Attest(AttestedDocument.Write(image.Root.Digest, PredicateTypes.OpenVex, Path.Combine(plan.OutputDirectory, ReportFiles.Vex), vex));
        }

        verdict.Warnings.ToList().ForEach(Report);
        verdict.Blocking.ToList().ForEach(Report);
        return verdict;
    }

    /// <summary>Null: offline, or the base image has no tag in a registry.</summary>
    private Func<Finding, Task<BaseImageNews?>>? AskForBaseImage(PublishPlan plan, ImageLayout image, HttpClient http, CancellationToken cancellationToken)
    {
        if (plan.Offline || plan.Trivy is not { } trivy || !ImageReference.TryParse(plan.BaseImage, out var tag) || tag.Registry is null || tag.Tag is null)
            return null;
        return finding => image.Platforms.FirstOrDefault(platform => finding.Places.Any(place => place.Platform == platform.Platform.ToString())) is not { } platform
            ? Task.FromResult<BaseImageNews?>(null)
            : new NewerBaseImage(tag, http, Environment.GetEnvironmentVariable, Runner, trivy, TimeProvider.System).LookAsync(
                platform,
                new ScanRequest(image, State.ScanDirectory, plan.OutputDirectory, Package.EnvironmentVariables(plan.Tools?.CertificateAuthorityFile)) { Server = plan.TrivyServer },
                cancellationToken);
    }

    private IReadOnlyList<string> WriteReports(PublishPlan plan, ImageLayout image, ScanReport report, ProjectInventory inventory, GateVerdict verdict, DateTimeOffset now) =>
        new ReportFiles(plan.OutputDirectory, Environment.GetEnvironmentVariable).Write(
            new ReportInput(report, verdict, plan.Gate, inventory, plan.ReferenceTo(image.Root.Digest), ReportInput.FindRoot(ProjectFile), now, Package.Version)
            {
                Layout = image,
                Evidence = [.. (State.Documents.ReadOrNull() ?? []).Select(document => (Path.GetFileName(document.File), document.Content))],
            });

    private GateVerdict Skip(ImageLayout image)
    {
        Say("not scanned (SupplyChainScan=false)");
        return new GateVerdict(image.Root.Digest, Passed: true, [], "not scanned");
    }
}
