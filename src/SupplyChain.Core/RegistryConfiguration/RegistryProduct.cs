namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>SupplyChainRegistryProducts: for what configuration is written.</summary>
internal enum RegistryProduct
{
    /// <summary>CNCF Distribution (docker-registry) as a pull-through cache.</summary>
    Distribution,

    /// <summary>containerd's hosts.toml: nodes and builders pull through the cache.</summary>
    Containerd,

    /// <summary>registries.conf of Podman, Buildah, skopeo and CRI-O.</summary>
    Podman,
    Harbor,
    Ecr,
    Acr,
    ArtifactRegistry,
    GitLab,

    /// <summary>Who may connect where: NetworkPolicy, Cilium, nftables.</summary>
    Egress,
}
