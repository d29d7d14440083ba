using SupplyChain.Core.Publishing;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Build.Tasks;

/// <summary>
/// Joins the packages as the build knows them and the operating system as the scanner saw it into one bill of materials, in each format; for several platforms
/// one of each too; and writes beside it what took part in the build only.
/// </summary>
public sealed class BuildSbom : StageTask
{
    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var plan = State.Plan.Read();
        if (!plan.Sbom)
            return;

        var image = State.Image.Read();
        var date = await EarlyWork().SourceDate.WaitAsync(cancellationToken);
        // Nobody has committed the sources: then they are as old as what was made of them.
        if (date == SourceDate.Constant)
            date = image.Platforms.Max(platform => platform.Facts.Created) ?? date;
        var listing = State.Scan.ReadOrNull() is { } report ? ImageListing.Of(report) : State.Listing.ReadOrNull();
        var written = await new SbomDocuments(plan, image, Package.Version, date).WriteAsync(State.Inventory.Read(), listing, plan.NoLister, cancellationToken);
        written.Diagnostics.ToList().ForEach(Report);
        State.Attest(written.Documents);
        var ofImage = written.Documents.Where(document => document.Image == image.Root.Digest).ToList();
        var files = string.Join(", ", ofImage.Select((document, index) => index == 0 ? Relative(document.File) : Path.GetFileName(document.File)));
        var platforms = written.Documents.Count > ofImage.Count ? $", and of each of {image.Platforms.Count} platforms" : "";
        Say($"SBOM of {Amounts.Count(written.Components, "component")}: {files}{platforms}");
    }
}
