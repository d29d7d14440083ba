using System.Text.RegularExpressions;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Gating;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Verifying;

namespace SupplyChain.Core.ClusterPolicies;

/// <summary>The properties of SupplyChainGeneratePolicies.</summary>
internal sealed partial record PolicySettings(IReadOnlyList<PolicyFormat> Formats, PolicyMode Mode)
{
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public IReadOnlyList<string> ExcludedNamespaces { get; init; } = [];

    /// <summary>None: the repository that was published to.</summary>
    public IReadOnlyList<ImagePattern> Images { get; init; } = [];

    /// <summary>None: the registry of the image, or the owner's part of it.</summary>
    public IReadOnlyList<ImagePattern> Registries { get; init; } = [];
    public required VerificationPolicy Conditions { get; init; }

    public bool NeedsSignature => Formats.Any(PolicyWriter.NeedsSignature);

    /// <exception cref="DiagnosticException">SCB0103; SCB6004.</exception>
    public static PolicySettings Read(Settings settings) => new(
        settings.ListOf("SupplyChainPolicyFormats", PolicyFormat.Kyverno),
        settings.OneOf("SupplyChainPolicyMode", PolicyMode.Enforce))
    {
        Namespaces = Names(settings, "SupplyChainPolicyNamespaces"),
        ExcludedNamespaces = Names(settings, "SupplyChainPolicyExcludedNamespaces"),
        Images = [.. settings.List("SupplyChainPolicyImages").Select(text => ImagePattern.Parse(text, "SupplyChainPolicyImages"))],
        Registries = [.. settings.List("SupplyChainPolicyRegistries").Select(text => ImagePattern.Parse(text, "SupplyChainPolicyRegistries"))],
        Conditions = new VerificationPolicy(
            GatePolicy.TryParse(settings.Text("SupplyChainVerificationThreshold"), out var threshold)
                ? threshold
                : throw settings.Invalid("SupplyChainVerificationThreshold", string.Join(", ", GatePolicy.Thresholds)),
            settings.Boolean("SupplyChainIgnoreUnfixed", false),
            settings.Text("SupplyChainVerificationBuilder")),
    };

    /// <param name="signed">Null: no format asks for it.</param>
    /// <exception cref="DiagnosticException">SCB6004: the patterns leave the image itself out.</exception>
    public PolicyRequest For(ImageReference repository, SignedImage? signed)
    {
        var image = new ImageReference(repository.Registry, repository.Repository);
        Require("SupplyChainPolicyImages", Images);
        Require("SupplyChainPolicyRegistries", Registries);
        return new PolicyRequest(image, Images.Count > 0 ? Images : [new ImagePattern(image.Name, IsPrefix: false)], Registries.Count > 0 ? Registries : [ImagePattern.OursAround(image)])
        {
            Mode = Mode,
            Namespaces = Namespaces,
            ExcludedNamespaces = ExcludedNamespaces,
            Signed = signed,
            Conditions = Conditions,
        };

        void Require(string property, IReadOnlyList<ImagePattern> patterns)
        {
            if (patterns.Count > 0 && !patterns.Any(pattern => pattern.Matches(image)))
                throw new DiagnosticException(
                    DiagnosticCodes.PolicyPatternUnusable,
                    $"{property} is '{string.Join(';', patterns)}', and the image that was published, {image.Name}, is not among them. Add it, or leave the property out.");
        }
    }

    /// <summary>Where the image is, when no publish has said it: Gatekeeper and Registries need no more.</summary>
    /// <exception cref="DiagnosticException">SCB6001: no registry; SCB4008: not the name of a repository.</exception>
    public static ImageReference Destination(Settings settings)
    {
        var repository = settings.Text("ContainerRepository") ?? settings.Required("AssemblyName").ToLowerInvariant();
        DestinationNames.CheckRepository(repository);
        return settings.Text("ContainerRegistry") is { } registry
            ? new ImageReference(registry, repository)
            : throw new DiagnosticException(DiagnosticCodes.NothingPublished, "there is no ContainerRegistry, and a cluster pulls from a registry. Set it, with ContainerRepository, to where the image is published.");
    }

    /// <summary>Names of namespaces (RFC 1123 labels).</summary>
    private static IReadOnlyList<string> Names(Settings settings, string property) =>
        settings.List(property).All(name => Label().IsMatch(name)) ? settings.List(property) : throw settings.Invalid(property, "names of namespaces, with ';' between them");

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
