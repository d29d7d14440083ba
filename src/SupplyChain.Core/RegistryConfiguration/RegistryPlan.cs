using System.Text.RegularExpressions;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Signing;
using SupplyChain.Core.Stores;

namespace SupplyChain.Core.RegistryConfiguration;

/// <summary>What the configuration around a private registry is made from.</summary>
/// <param name="Repository">Registry and repository of this project.</param>
/// <param name="Mirrors">Which registries are pulled through which cache.</param>
internal sealed partial record RegistryPlan(ImageReference Repository, RegistryMirrors Mirrors, IReadOnlyList<RegistryProduct> Products)
{
    /// <summary>How long what nobody names any more is kept, in days.</summary>
    public int RetentionDays { get; init; }

    /// <summary>Tags that may move; all others are made immutable.</summary>
    public IReadOnlyList<string> MutableTags { get; init; } = [];
    public SignatureFormat Format { get; init; }

    /// <summary>Signing without a key asks the public Sigstore.</summary>
    public bool AsksSigstore { get; init; }

    /// <summary>Address ranges (CIDR) of the registries and of the cluster's own services; none: rules that cannot name hosts are left out.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string Registry => Repository.Registry!;

    /// <summary>Account and region of <c>ACCOUNT.dkr.ecr.REGION.amazonaws.com</c>.</summary>
    public (string Account, string Region)? Ecr => EcrHost().Match(Registry) is { Success: true } match ? (match.Groups[1].Value, match.Groups[2].Value) : null;

    /// <summary>Location and project of <c>LOCATION-docker.pkg.dev/PROJECT/REPOSITORY</c>.</summary>
    public (string Location, string Project, string Repository)? ArtifactRegistry =>
        Registry.EndsWith("-docker.pkg.dev", StringComparison.Ordinal) && Repository.Repository.Split('/') is [var project, var repository, ..] ? (Registry[..^"-docker.pkg.dev".Length], project, repository) : null;

    /// <exception cref="DiagnosticException">SCB6020; SCB6001 no registry; SCB0103.</exception>
    public static RegistryPlan Read(Settings settings, ImageReference repository)
    {
        var addresses = settings.List("SupplyChainRegistryAddresses");
        if (addresses.FirstOrDefault(address => !System.Net.IPNetwork.TryParse(address, out _)) is { } wrong)
            throw Unusable($"SupplyChainRegistryAddresses has '{SingleLine.Of(wrong, 100)}', which is no address range. Give ranges such as 10.20.0.0/16, with ';' between them.");
        var mirrors = RegistryMirrors.Parse(settings.List("CachedRegistries"));
        var plan = new RegistryPlan(repository, mirrors.All.Count > 0 ? mirrors : new RegistryMirrors([("mcr.microsoft.com", $"{repository.Registry}/mcr")]), [])
        {
            RetentionDays = settings.Number("SupplyChainRetentionDays", 90),
            MutableTags = settings.List("SupplyChainMutableTags"),
            Format = settings.OneOf("SupplyChainSignatureFormat", SignatureFormat.Bundle),
            AsksSigstore = settings.Text("SupplyChainSigningKey") is null && !settings.Boolean("SupplyChainOffline", false),
            Addresses = addresses,
        };
        if (plan.MutableTags.FirstOrDefault(tag => tag.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '*'))) is { } strange)
            throw Unusable($"SupplyChainMutableTags has '{SingleLine.Of(strange, 100)}', which is no tag. Use letters, digits, '.', '_', '-', and '*' for any text.");
        if (plan.RetentionDays == 0)
            throw Unusable("SupplyChainRetentionDays is 0: everything that loses its tag would be gone at once. Give a number of days, for example 90.");
        var asked = settings.SomeOf<RegistryProduct>("SupplyChainRegistryProducts");
        if (asked.Contains(RegistryProduct.Ecr) && plan.Ecr is null)
            throw Unfit(plan, "Ecr", "123456789012.dkr.ecr.eu-west-1.amazonaws.com");
        if (asked.Contains(RegistryProduct.Acr) && !plan.Registry.EndsWith(".azurecr.io", StringComparison.Ordinal))
            throw Unfit(plan, "Acr", "contoso.azurecr.io");
        if (asked.Contains(RegistryProduct.ArtifactRegistry) && plan.ArtifactRegistry is null)
            throw Unfit(plan, "ArtifactRegistry", "europe-west4-docker.pkg.dev (with project and repository in ContainerRepository)");
        return plan with { Products = asked.Count > 0 ? [.. asked.Order()] : plan.Fitting() };
    }

    /// <summary>What the name of the registry says, and what every cluster needs.</summary>
    private IReadOnlyList<RegistryProduct> Fitting() =>
    [
        .. Ecr is not null ? [RegistryProduct.Ecr]
            : ArtifactRegistry is not null ? [RegistryProduct.ArtifactRegistry]
            : Registry.EndsWith(".azurecr.io", StringComparison.Ordinal) ? [RegistryProduct.Acr]
            : Registry.Contains("gitlab", StringComparison.Ordinal) ? [RegistryProduct.GitLab]
            : new[] { RegistryProduct.Distribution, RegistryProduct.Harbor },
        RegistryProduct.Containerd, RegistryProduct.Podman, RegistryProduct.Egress,
    ];

    private static DiagnosticException Unfit(RegistryPlan plan, string product, string example) =>
        Unusable($"SupplyChainRegistryProducts has {product}, and {plan.Repository.Name} is none: its registry is named like {example}. Correct ContainerRegistry, or leave {product} out.");

    private static DiagnosticException Unusable(string message) => new(DiagnosticCodes.RegistryConfigurationUnusable, message);

    [GeneratedRegex(@"^([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$", RegexOptions.CultureInvariant)]
    private static partial Regex EcrHost();
}
