using System.Buffers;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Signing;

namespace SupplyChain.Build.Tasks;

/// <summary>Joins the packages as the build knows them and the operating system as the scanner saw it into one bill of materials.</summary>
public sealed class BuildSbom : StageTask
{
    protected override Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Sbom)
            return Task.CompletedTask;

        var image = State.Image.Read();
        var (inventory, report) = (State.Inventory.Read(), State.Scan.ReadOrNull());
        foreach (var gap in SbomCompleteness.Check(inventory, report))
            Report(gap);
        var context = new SbomContext(plan.Repository, image.Root.Digest, Package.Version, Created(image));
        var sbom = SbomBuilder.Build(inventory, report, context);
        var file = Path.Combine(plan.OutputDirectory, "sbom.cdx.json");
        var content = new ArrayBufferWriter<byte>(256 * 1024);
        CycloneDxWriter.Write(sbom, content, indented: true);
        State.Attest(AttestedDocument.Write(image.Root.Digest, PredicateTypes.CycloneDx, file, content.WrittenSpan));
        Say($"SBOM of {Amounts.Count(sbom.Components.Count, "component")}: {Relative(file)}");
        return Task.CompletedTask;
    }

    /// <summary>The document describes the image, so it is as old as the image: the same image has the same document, whenever it is written.</summary>
    private static DateTimeOffset? Created(ImageLayout image) =>
        image.Platforms.Max(platform => ImageConfig.ReadCreated(LayoutCheck.ReadDocument(image, platform.Config)));
}
