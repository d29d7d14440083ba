using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;

namespace SupplyChain.Core.Manifests;

/// <summary>The properties of SupplyChainPinManifests and SupplyChainVerifyManifests.</summary>
/// <param name="Root">Where manifests are looked for, absolute.</param>
internal sealed record ManifestSettings(string Root, IReadOnlyList<string> Excluded)
{
    /// <exception cref="DiagnosticException">SCB6010: there is no such folder.</exception>
    public static ManifestSettings Read(Settings settings)
    {
        var root = settings.Path("SupplyChainManifestsPath") ?? ManifestFiles.Root(settings.ProjectDirectory);
        return Path.Exists(root)
            ? new ManifestSettings(root.TrimEnd('/', '\\'), settings.List("SupplyChainManifestsExclude"))
            : throw new DiagnosticException(DiagnosticCodes.ManifestUnusable, $"SupplyChainManifestsPath is '{root}', and there is no such folder or file. Correct it, or leave it out for the whole repository.");
    }

    /// <summary>A component that pins the image in every kustomization that names it.</summary>
    public static string KustomizeComponent(DeployedImage image) => YamlText.Write(
        [$"Made by SupplyChain.Build: pins {image.Name.Name} to the digest of the last publish. Add this folder to 'components:' of a kustomization."],
        [
            new System.Text.Json.Nodes.JsonObject
            {
                ["apiVersion"] = "kustomize.config.k8s.io/v1alpha1",
                ["kind"] = "Component",
                ["images"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject { ["name"] = image.Name.Name, ["digest"] = image.Digest.ToString() }),
            },
        ]);
}
