using Microsoft.Build.Framework;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Manifests;

namespace SupplyChain.Build.Tasks;

/// <summary>Fails where the repository deploys the image of this project by a tag. Needs no publish, so that a pull request can be checked.</summary>
public sealed class VerifyManifests : StageTask
{
    /// <summary>The properties: Include = name, Value = text.</summary>
    [Required]
    public ITaskItem[] Settings { get; set; } = [];

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var values = Read(Settings);
        var settings = ManifestSettings.Read(values);
        var reference = PublishedEvidence.Find(values.List("EvidenceDirectories")) is { Reference.Registry: not null } published ? published.Reference : PolicySettings.Destination(values);
        var image = new DeployedImage(new ImageReference(reference.Registry, reference.Repository), null, null);
        var manifests = await ManifestSearch.FindAsync(settings.Root, settings.Excluded, image, cancellationToken);
        foreach (var manifest in manifests)
        {
            foreach (var place in manifest.References.Where(place => !place.IsPinned))
                Report(new Diagnostic(DiagnosticCodes.ManifestNotPinned, $"{place.Text} is deployed by a tag, which may be another image tomorrow. Pin it by digest: dotnet build -t:SupplyChainPinManifests after a publish.", manifest.File, place.Line));
        }
        if (!Log.HasLoggedErrors)
            Say($"{Amounts.Count(manifests.Sum(manifest => manifest.References.Count), "reference")} to {image.Name.Name} in {Amounts.Count(manifests.Count, "manifest")}, all by digest");
    }
}
