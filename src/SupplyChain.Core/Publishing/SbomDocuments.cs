using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;

namespace SupplyChain.Core.Publishing;

/// <summary>
/// Writes the bills of materials into the output folder: of the image, in each format; of each platform where there are several, about that platform's
/// manifest; and of what took part in the build only.
/// </summary>
/// <param name="version">Of this package.</param>
/// <param name="date">Of the sources.</param>
internal sealed class SbomDocuments(PublishPlan plan, ImageLayout image, string version, DateTimeOffset? date)
{
    /// <param name="listing">Null: nothing was looked at, for the reason that <paramref name="unlisted"/> gives.</param>
    /// <exception cref="DiagnosticException">SCB3003: the listing is about another image.</exception>
    public async Task<WrittenSboms> WriteAsync(ProjectInventory inventory, ImageListing? listing, string? unlisted, CancellationToken cancellationToken)
    {
        if (listing is not null && listing.Image != image.Root.Digest)
            throw new DiagnosticException(DiagnosticCodes.ScannedOtherImage, $"The packages of {listing.Image.Short} were listed, and the image is {image.Root.Digest.Short}. Publish again; if SupplyChainPublishDependsOn has been changed, put its steps back.");
        var sbom = SbomBuilder.Build(inventory, listing, Context(image.Root.Digest, image.Platforms), unlisted);
        var buildOnly = SbomBuilder.BuildTimeOnly(inventory, version, date);
        var jobs = new List<Func<Written>>();
        foreach (var format in plan.SbomFormats)
            jobs.Add(() => Write(sbom, image.Root.Digest, format, "sbom"));
        var names = TrivyScanner.FileNames(image.Platforms);
        for (var i = 0; image.Platforms.Count > 1 && i < image.Platforms.Count; i++)
        {
            var (platform, name) = (image.Platforms[i], names[i]);
            var own = new Lazy<Sbom>(() => SbomBuilder.Build(
                PlatformInventories.Of(plan.PlatformDirectory, inventory, platform.Platform), listing, Context(platform.Manifest.Digest, [platform]) with { Platform = platform.Platform }, unlisted));
            foreach (var format in plan.SbomFormats)
                jobs.Add(() => Write(own.Value, platform.Manifest.Digest, format, $"sbom.{name}"));
        }

        // It is for people: nothing refuses it for its size.
        var build = Task.Run(() => Write(buildOnly, image.Root.Digest, SbomFormat.CycloneDX, "build"), cancellationToken);
        var written = await Task.WhenAll(jobs.Select(job => Task.Run(job, cancellationToken)));
        await build;
        return new WrittenSboms([.. written.Select(one => one.Document)], sbom.Components.Count, [.. SbomCompleteness.Check(sbom), .. SbomCompleteness.Check(buildOnly), .. written.Select(one => one.Diagnostic).OfType<Diagnostic>()]);
    }

    private SbomContext Context(Digest digest, IReadOnlyList<PlatformImage> platforms) => new(plan.Repository, digest, version, date) { Images = platforms, BaseImage = plan.BaseImage };

    private Written Write(Sbom sbom, Digest about, SbomFormat format, string name)
    {
        var file = Path.Combine(plan.OutputDirectory, name + (format == SbomFormat.CycloneDX ? ".cdx.json" : ".spdx.json"));
        var content = SbomSize.Write(
            sbom,
            Path.GetFileName(file),
            (document, destination) =>
            {
                if (format == SbomFormat.CycloneDX)
                    CycloneDxWriter.Write(document, destination, plan.CycloneDxVersion, indented: true);
                else
                    SpdxWriter.Write(document, destination, indented: true);
            },
            out var diagnostic);
        var type = format == SbomFormat.CycloneDX ? PredicateTypes.CycloneDx : PredicateTypes.Spdx;
        return new Written(AttestedDocument.Write(about, type, file, content.Span), diagnostic);
    }

    private sealed record Written(AttestedDocument Document, Diagnostic? Diagnostic);
}

/// <param name="Documents">To be attested: those of the image first, then those of each platform.</param>
/// <param name="Components">Of the image.</param>
internal sealed record WrittenSboms(IReadOnlyList<AttestedDocument> Documents, int Components, IReadOnlyList<Diagnostic> Diagnostics);
