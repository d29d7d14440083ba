using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Tools;
using Task = System.Threading.Tasks.Task;

namespace SupplyChain.Build.Tasks;

/// <summary>Writes receipt.json and digest.txt, tells the CI system, and prints the digest reference as the last line.</summary>
public sealed class WriteReceipt : StageTask
{
    /// <summary>@(SupplyChainImage): the published image, for targets that run after ours.</summary>
    [Output]
    public ITaskItem? Image { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        var image = State.Image.Read();
        var reference = plan.ReferenceTo(image.Root.Digest);
        var tools = await Task.WhenAll(new[] { plan.Trivy ?? (State.Listing.ReadOrNull() is null ? null : plan.Lister), plan.Grype, plan.Cosign }.OfType<Tool>().Select(tool => Tools.ReadyAsync(tool, cancellationToken)));
        var receiptFile = Path.Combine(plan.OutputDirectory, Receipt.FileName);
        var receipt = new StateFile<Receipt>(plan.OutputDirectory, Receipt.FileName, static () => PublishingJson.Default.Receipt, static () => PublishingWriting.Default.Receipt)
            .Write(Receipt.Of(plan, State, Package.Version, TimeProvider.System.GetUtcNow(), tools));
        if (plan.Publish)
        {
            // MSBuild's terminal logger shows nothing of importance "high" but a line of this form, as the result of the project.
            Log.LogMessage(MessageImportance.High, "{0} -> {1}", Path.GetFileNameWithoutExtension(ProjectFile), reference);
            await File.WriteAllTextAsync(Path.Combine(plan.OutputDirectory, "digest.txt"), $"{reference}\n", cancellationToken);
            foreach (var command in new CiOutputs(Environment.GetEnvironmentVariable).Write(reference, image.Root.Digest, plan.OutputDirectory))
                Log.LogMessage(MessageImportance.High, "{0}", command);
        }

        Image = new TaskItem(reference.ToString(), new Dictionary<string, string>
        {
            ["Reference"] = reference.ToString(),
            ["Digest"] = image.Root.Digest.ToString(),
            ["MediaType"] = image.Root.MediaType,
            ["Tags"] = string.Join(';', receipt.Tags),
            ["SbomPath"] = receipt.Sbom ?? "",
            ["ReceiptPath"] = receiptFile,
            ["Signed"] = receipt.Signed ? "true" : "false",
        });
        Log.LogMessage(MessageImportance.High, "{0}", reference);
    }
}
