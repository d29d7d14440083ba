using Microsoft.Build.Framework;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Files;
using SupplyChain.Core.Images;
using SupplyChain.Core.Manifests;

namespace SupplyChain.Build.Tasks;

/// <summary>Pins the image of this project by the digest of the last publish wherever the repository deploys it.</summary>
public sealed class PinManifests : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var settings = ManifestSettings.Read(values);
        var (directory, reference, tags) = PublishedEvidence.Require(values.List("EvidenceDirectories"));
        var image = new DeployedImage(new ImageReference(reference.Registry, reference.Repository), reference.Digest, tags.FirstOrDefault());
        var manifests = await ManifestSearch.FindAsync(settings.Root, settings.Excluded, image, cancellationToken);
        var component = Path.Combine(directory, "kustomize", "kustomization.yaml");
        await WholeFiles.WriteAsync([.. manifests.Where(manifest => manifest.IsChanged).Select(manifest => (manifest.File, manifest.Pinned)), (component, ManifestSettings.KustomizeComponent(image))], cancellationToken);
        foreach (var manifest in manifests)
        {
            foreach (var place in manifest.References.Where(place => place.Edits.Count > 0))
                Say($"{Path.GetRelativePath(settings.Root, manifest.File)}({place.Line}): {place.Text} pinned to {image.Digest}");
        }
        if (manifests.Count == 0)
            Report(new Diagnostic(DiagnosticCodes.NothingToPin, $"no file below {settings.Root} names {image.Name.Name}, so nothing was pinned there. Set SupplyChainManifestsPath to where the manifests are, or use the kustomize component {Relative(component)}."));
        else if (!manifests.Any(manifest => manifest.IsChanged))
            Say($"every manifest has {image.Pinned} already");
        Say($"kustomize component: {Relative(component)}");
    }
}
