namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>All files of a plan, by name relative to <c>registry/</c>; the same plan gives the same files.</summary>
internal static class RegistryFiles
{
    public static IReadOnlyList<(string Name, string Text)> Of(RegistryPlan plan) => [.. plan.Products.SelectMany(product => Of(product, plan))];

    private static IEnumerable<(string Name, string Text)> Of(RegistryProduct product, RegistryPlan plan) => product switch
    {
        RegistryProduct.Distribution => PullThrough.Distribution(plan),
        RegistryProduct.Containerd => PullThrough.Containerd(plan),
        RegistryProduct.Podman => [PullThrough.Podman(plan)],
        RegistryProduct.Harbor => RegistryRules.Harbor(plan),
        RegistryProduct.Ecr => RegistryRules.Ecr(plan),
        RegistryProduct.Acr => RegistryRules.Acr(plan),
        RegistryProduct.ArtifactRegistry => RegistryRules.ArtifactRegistry(plan),
        RegistryProduct.GitLab => RegistryRules.GitLab(plan),
        _ => Egress.Write(plan),
    };
}
