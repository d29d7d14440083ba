using Microsoft.Build.Framework;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// Checks every setting before the image is built, forgets earlier publishes, says where the SDK shall write its archive, and begins what needs no image.
/// </summary>
public sealed class PreparePublish : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    /// <summary>What the publish wrote, and what it put into a bundle or a native executable. Empty with several runtime identifiers: their inner builds know.</summary>
    public ITaskItem[] PublishedFiles { get; set; } = [];

    /// <summary>@(SupplyChainWaiver).</summary>
    public ITaskItem[] Waivers { get; set; } = [];

    /// <summary>@(NuGetAuditSuppress).</summary>
    public ITaskItem[] AuditSuppressions { get; set; } = [];

    /// <summary>@(SupplyChainVex).</summary>
    public ITaskItem[] VexFiles { get; set; } = [];

    /// <summary>@(ContainerLabel) and @(ContainerEnvironmentVariable), where the SDK hands them on in a way that cuts them; else none.</summary>
    public ITaskItem[] Labels { get; set; } = [];

    public ITaskItem[] Variables { get; set; } = [];

    [Output]
    public string ArchiveFile => State.ArchiveFile;

    protected override Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var (given, published) = (Read(Settings), ProjectItems.PublishedFiles(PublishedFiles));
        var reading = Kept.Replace(() => ProjectReading.Begin(ProjectFile, given, published));
        var (settings, policy, _, _) = WithPolicy(given);
        var plan = new PlanReader(Package.Machine).Read(settings) with { StartedAt = Package.Now() };
        plan = GateSettings.WithExceptions(
            plan,
            Waivers.Select(GateItems.Waiver),
            AuditSuppressions.Select(item => (item.ItemSpec, item.GetMetadata("DefiningProjectFullPath"))),
            VexFiles.Select(item => item.GetMetadata("FullPath")));
        if (Labels.Length + Variables.Length > 0)
            plan = plan with { CutValues = new CutValues(Values(Labels), Values(Variables)) };
        if (plan.TagAdvice is { } advice)
            Report(advice);
        if (policy is not null)
            Refuse([.. policy.CheckPublish(plan, Package.Machine), .. policy.CheckWaivers(plan.Waivers, Package.Now())]);
        // First: a download is the longest of all, and begins before anything else of this publish.
        var shelf = Kept.Replace(() => NewShelf(plan.Tools));
        shelf.Begin(plan.Trivy ?? plan.Lister, plan.Grype, plan.Cosign);
        var runner = new CheckedToolRunner(new ToolRunner(), shelf);
        var isNew = OutputFolder.IsOlderThanAny(plan.OutputDirectory, [plan.AssetsFile, .. published.Select(file => file.SourcePath)]);
        var last = isNew ? null : State.LastImage();
        var early = Kept.Replace(() =>
        {
            // Only here: what an earlier publish of this build still does has been ended, and can no longer write into the emptied folders.
            State.Clear();
            OutputFolder.Prepare(plan.OutputDirectory);
            if (plan.PlatformDirectory is { } platforms)
                PlatformInventories.Clear(platforms);
            return new EarlyWork(plan, State, runner, ProjectRequests.From(settings, published), reading);
        });
        // The next step waits for the inventory, and the SDK for that step: what can wait begins after it.
        var first = plan.PlatformDirectory is null ? early.Inventory : Task.CompletedTask;
        if (Kept.Keeps)
            State.Plan.WriteBeside(plan, after: first);
        else
            State.Plan.Write(plan);
        var key = Kept.Replace(() => plan.Publish && plan.Cosign is not null ? OpenedKey.Of(plan.Signing, SigningIdentity.Resolve(plan.Signing, Package.Machine), Package.Machine) : OpenedKey.None());
        // What was published before and has not changed since is signed already, as a rule.
        if (Kept.Keeps && (isNew || plan.PlatformDirectory is not null))
            key.Begin(after: first);
        var destination = Kept.Replace(() => NewDestination(plan));
        if (plan.Publish)
            destination.Greet(plan.Tags);
        // The other half of the same guess: what signed it is looked at while the SDK builds the image again. Whether it is that image, the next step sees.
        var accepted = Kept.Replace(() => AcceptedBundles.After(KeptAnswers.Open(plan.Cosign, State.KeptAnswersFile, plan.ScanMaximumAge, TimeProvider.System)));
        Kept.Replace(() => last is null ? EvidenceAhead.None : EvidenceAhead.OfEarlier(plan, last, destination, runner, accepted, StateDirectory, after: first));
        return Task.CompletedTask;
    }

    /// <summary>The last one of a name counts, as in the SDK.</summary>
    private static Dictionary<string, string> Values(ITaskItem[] items) =>
        items.GroupBy(item => item.ItemSpec, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().GetMetadata("Value"), StringComparer.Ordinal);
}
