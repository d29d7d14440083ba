using Microsoft.Build.Framework;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Files;
using SupplyChain.Core.RegistryConfiguration;

namespace SupplyChain.Build.Tasks;

/// <summary>Writes the configuration around a private registry: caches and their clients, immutable tags, retention, egress.</summary>
public sealed class GenerateRegistryConfiguration : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var directories = values.List("EvidenceDirectories");
        var published = PublishedEvidence.Find(directories);
        var reference = published is { Reference.Registry: not null } found ? found.Reference : PolicySettings.Destination(values);
        var plan = RegistryPlan.Read(values, reference with { Tag = null, Digest = null });
        var folder = Path.Combine(published?.Directory ?? directories[0], "registry");
        var files = RegistryFiles.Of(plan);
        await WholeFiles.WriteAsync([.. files.Select(file => (Path.Combine(folder, file.Name), file.Text))], cancellationToken);
        Say($"configuration for {plan.Registry} ({string.Join(", ", plan.Products)}): {Amounts.Count(files.Count, "file")} in {Relative(folder)}");
        if (plan.Addresses.Count == 0 && plan.Products.Contains(RegistryProduct.Egress))
            Say("egress rules that go by address (NetworkPolicy, nodes, nftables) are left out: SupplyChainRegistryAddresses names none");
    }
}
