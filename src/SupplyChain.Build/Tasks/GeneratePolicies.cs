using Microsoft.Build.Framework;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Tools;

namespace SupplyChain.Build.Tasks;

/// <summary>Writes policies for admission to a cluster, from what the last publish signed and from who signed it.</summary>
public sealed class GeneratePolicies : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var settings = PolicySettings.Read(values);
        string[] directories = [.. values.List("EvidenceDirectories")];
        var (request, directory) = settings.NeedsSignature
            ? await SignedAsync(values, settings, directories, cancellationToken)
            : Unsigned(values, settings, directories);
        var files = await PolicyWriter.WriteAsync(request, settings.Formats, Path.Combine(directory, "policies"), cancellationToken);
        foreach (var (format, file) in settings.Formats.Zip(files))
            Say($"{format} policy for {request.Repository.Name}{(PolicyWriter.NeedsSignature(format) ? $", signed by {request.Signed!.Signer.DisplayName}" : "")}: {Relative(file)}");
    }

    private async Task<(PolicyRequest Request, string Directory)> SignedAsync(Settings values, PolicySettings settings, string[] directories, CancellationToken cancellationToken)
    {
        var published = await PublishedEvidence.ReadAsync(directories, cancellationToken);
        // Before anything is asked of a key.
        settings.For(published.Reference, null);
        var reader = new PlanReader(Package.Machine);
        var cosign = reader.FindTool("cosign", values);
        var signing = reader.ReadSigning(values);
        SigningSettingsCheck.Check(signing, identity: null, verify: true, offline: false, Package.Machine);
        using var shelf = NewShelf(reader.ReadTools(values));
        await shelf.WaitAsync([cosign], Say, TimeSpan.FromSeconds(5), cancellationToken);
        var signer = await new PolicySigners(new CheckedToolRunner(new ToolRunner(), shelf), cosign, signing, Package.Machine).FindAsync(published, cancellationToken);
        published.Require(settings.Conditions);
        return (settings.For(published.Reference, published.SignedBy(signer)), published.Directory);
    }

    /// <summary>Of an image that was published, or that is to be.</summary>
    private static (PolicyRequest Request, string Directory) Unsigned(Settings values, PolicySettings settings, string[] directories)
    {
        return PublishedEvidence.Find(directories) is { Reference.Registry: not null } published
            ? (settings.For(published.Reference, null), published.Directory)
            : (settings.For(PolicySettings.Destination(values), null), directories[0]);
    }
}
