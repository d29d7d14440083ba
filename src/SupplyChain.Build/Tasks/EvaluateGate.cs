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
        var step = GateStep.Of(plan, now, Relative(Path.Combine(plan.OutputDirectory, "report.html")), cancellationToken);
        var verdict = await (AskForBaseImage(plan, image, cancellationToken) is { } ask ? step.With(ask) : step).EvaluateAsync(report, inventory, image.Root.Digest);
        var database = report.DatabaseUpdatedAt is { } updated ? FormattableString.Invariant($", database of {updated.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "";
        // Builds from source name no version in their reports.
        var version = report.ScannerVersion == "unknown" ? "" : $" {report.ScannerVersion}";
        Say($"scanned with {report.Scanner}{version}{database}: {verdict.Summary}");
        if (verdict.Passed && plan.AttestVex && ReportFiles.HasVex(verdict))
        {
            var vex = VexWriter.Write(verdict, plan.ReferenceTo(image.Root.Digest), now, Package.Version);
            State.Attest(AttestedDocument.Write(image.Root.Digest, PredicateTypes.OpenVex, Path.Combine(plan.OutputDirectory, ReportFiles.Vex), vex));
        }

        var (input, directory) = (Input(plan, image, report, inventory, verdict, now), plan.OutputDirectory);
        // Nothing in them is needed for what follows, so a publish that goes on does not wait for them: TagImage does.
        var reports = Kept.Replace(() => new ReportWork(Task.Run(() => new ReportFiles(directory, Environment.GetEnvironmentVariable).Write(input), CancellationToken.None)));
        // Before the messages, so that what they point to is there.
        if (!verdict.Passed || !plan.Publish || BuildEngine is not IBuildEngine4)
            PrintCommands(await reports.Lines);
        verdict.Warnings.ToList().ForEach(Report);
        verdict.Blocking.ToList().ForEach(Report);
        return verdict;
    }

    /// <summary>Null: offline, or the base image has no tag in a registry.</summary>
    private Func<Finding, Task<BaseImageNews?>>? AskForBaseImage(PublishPlan plan, ImageLayout image, CancellationToken cancellationToken)
    {
        if (plan.Offline || plan.Trivy is not { } trivy || !ImageReference.TryParse(plan.BaseImage, out var tag) || tag.Registry is null || tag.Tag is null)
            return null;
        return async finding =>
        {
            if (image.Platforms.FirstOrDefault(platform => finding.Places.Any(place => place.Platform == platform.Platform.ToString())) is not { } platform)
                return null;
            using var http = RegistryHttp.CreateClient(plan.Tools?.CertificateAuthorityFile);
            return await new NewerBaseImage(tag, http, Environment.GetEnvironmentVariable, Runner, trivy, TimeProvider.System).LookAsync(
                platform,
                new ScanRequest(image, State.ScanDirectory, plan.OutputDirectory, Package.EnvironmentVariables(plan.Tools?.CertificateAuthorityFile)) { Server = plan.TrivyServer },
                cancellationToken);
        };
    }

    private ReportInput Input(PublishPlan plan, ImageLayout image, ScanReport report, ProjectInventory inventory, GateVerdict verdict, DateTimeOffset now) =>
        new(report, verdict, plan.Gate, inventory, plan.ReferenceTo(image.Root.Digest), ReportInput.FindRoot(ProjectFile), now, Package.Version)
        {
            Layout = image,
            Evidence = [.. (State.Documents.ReadOrNull() ?? []).Select(document => (Path.GetFileName(document.File), document.Content))],
        };

    private GateVerdict Skip(ImageLayout image)
    {
        Say("not scanned (SupplyChainScan=false)");
        return new GateVerdict(image.Root.Digest, Passed: true, [], "not scanned");
    }
}
