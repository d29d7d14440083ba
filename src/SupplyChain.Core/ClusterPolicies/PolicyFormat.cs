namespace SupplyChain.Core.ClusterPolicies;

/// <summary>SupplyChainPolicyFormats: who enforces in the cluster.</summary>
internal enum PolicyFormat
{
    /// <summary>A ClusterPolicy of Kyverno (kyverno.io/v1).</summary>
    Kyverno,

    /// <summary>An ImageValidatingPolicy of Kyverno (policies.kyverno.io/v1).</summary>
    KyvernoImageValidating,

    /// <summary>A ClusterImagePolicy of Sigstore's policy-controller.</summary>
    PolicyController,

    /// <summary>OPA Gatekeeper: which repositories, and by digest. It verifies no signature, so it is always possible.</summary>
    Gatekeeper,

    /// <summary>Ratify beside Gatekeeper: signatures in cosign's older layout.</summary>
    Ratify,

    /// <summary>Kubernetes' own ValidatingAdmissionPolicy: only our registries.</summary>
    Registries,
}

/// <summary>SupplyChainPolicyMode: whether a Pod that does not fit is refused or reported.</summary>
internal enum PolicyMode
{
    Enforce,
    Audit,
}
