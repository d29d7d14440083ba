using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Publishing;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Signing;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// Joins the packages as the build knows them and the operating system as the scanner saw it into one bill of materials, in each format; and writes
/// beside it what took part in the build only.
/// </summary>
public sealed class BuildSbom : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Sbom)
            return;

        var image = State.Image.Read();
        var (inventory, report) = (State.Inventory.Read(), State.Scan.ReadOrNull());
        var context = new SbomContext(plan.Repository, image.Root.Digest, Package.Version, Package.SourceDate() ?? Created(image))
        {
            Images = ImageFacts.Of(image),
            BaseImage = plan.BaseImage,
        };
        var sbom = SbomBuilder.Build(inventory, report, context);
        foreach (var gap in SbomCompleteness.Check(sbom))
            Report(gap);
        var buildOnly = Task.Run(() => Write(SbomBuilder.BuildTimeOnly(inventory, Package.Version, context.Timestamp), image.Root.Digest, plan, SbomFormat.CycloneDX, "build.cdx.json"), cancellationToken);
        var written = await Task.WhenAll(plan.SbomFormats.Select(format => Task.Run(() => Write(sbom, image.Root.Digest, plan, format), cancellationToken)));
        await buildOnly;
        foreach (var diagnostic in written.Select(one => one.Diagnostic).OfType<Diagnostic>())
            Report(diagnostic);
        State.Attest([.. written.Select(one => one.Document)]);
        var files = string.Join(", ", written.Select((one, index) => index == 0 ? Relative(one.Document.File) : Path.GetFileName(one.Document.File)));
        Say($"SBOM of {Amounts.Count(sbom.Components.Count, "component")}: {files}");
    }

    private static Written Write(Sbom sbom, Digest image, PublishPlan plan, SbomFormat format, string? name = null)
    {
        var file = Path.Combine(plan.OutputDirectory, name ?? (format == SbomFormat.CycloneDX ? "sbom.cdx.json" : "sbom.spdx.json"));
        var content = SbomSize.Write(
            sbom,
            Path.GetFileName(file),
            (document, destination, indented) =>
            {
                if (format == SbomFormat.CycloneDX)
                    CycloneDxWriter.Write(document, destination, plan.CycloneDxVersion, indented);
                else
                    SpdxWriter.Write(document, destination, indented);
            },
            out var diagnostic);
        var type = format == SbomFormat.CycloneDX ? PredicateTypes.CycloneDx : PredicateTypes.Spdx;
        return new Written(AttestedDocument.Write(image, type, file, content.Span), diagnostic);
    }

    /// <summary>Without SOURCE_DATE_EPOCH: the document describes the image, so it is as old as the image, and the same image has the same document.</summary>
    private static DateTimeOffset? Created(ImageLayout image) =>
        image.Platforms.Max(platform => ImageConfig.ReadCreated(LayoutCheck.ReadDocument(image, platform.Config)));

    private sealed record Written(AttestedDocument Document, Diagnostic? Diagnostic);
}
