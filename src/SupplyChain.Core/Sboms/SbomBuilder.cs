using System.Buffers;
using System.Security.Cryptography;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Puts the bill of materials together: the application's part as the build knows it, the operating system's part as the scanner saw it.
/// Pure: the same inputs give the same document.
/// </summary>
public static class SbomBuilder
{
    internal const string OwnName = "SupplyChain.Build";

    /// <summary>The bill of materials of an image, or of one platform of it.</summary>
    /// <param name="listing">Null when nothing was looked at: the operating system's packages are missing then, and the document says so.</param>
    /// <param name="unlisted">Why there is no listing; for people.</param>
    public static Sbom Build(ProjectInventory inventory, ImageListing? listing, SbomContext context, string? unlisted = null)
    {
        var licenses = SpdxLicenses.Load();
        var platforms = ImagePlatform.Of(context.Images, listing);
        var notes = new PlatformNotes(platforms.Count);
        var system = new SystemPart(platforms, licenses, notes);
        var libraries = new LibraryPart(platforms, inventory, inventory.Packages.Select(package => package.Purl).Concat(system.Components.Select(component => component.BomRef)), licenses);
        var runtime = new RuntimePart(inventory, libraries, platforms);
        var application = new ApplicationPart(inventory, licenses, withFeeds: true, runtime.Refs);
        var others = Others(platforms, libraries, runtime, notes);
        var image = ImageComponent.Of(context.Image, context.ImageDigest) with
        {
            Supplier = inventory.Application.Publisher,
            SupplierUrl = Author(inventory)?.Url,
            Ancestors = ImageComponent.Bases(context.Images.Select(platform => platform.Facts), context.BaseImage),
            Properties = [.. context.Platform is { } only ? new[] { new Property(PlatformNotes.Name, only.ToString()) } : []],
        };
        var tree = new ImageTree(image, application.Component.BomRef, platforms, platform => [.. system.Of(platform) is { } os ? [os] : Array.Empty<string>(), .. libraries.Of(platform).Concat(runtime.Of(platform)).Select(component => component.BomRef)]);
        var gaps = SbomCompleteness.Of(inventory, listing, platforms, unlisted).Concat(runtime.Missing).ToList();
        return new Sbom(
            SerialNumbers.Of(context.ImageDigest.ToString()),
            context.Timestamp,
            Tools(inventory, context.ToolVersion, listing),
            image,
            [application.Component, .. application.Parts, .. others, .. system.Components, .. tree.Platforms],
            [.. tree.Dependencies, .. application.Dependencies, .. system.Dependencies],
            [
                application.Composition,

                // Files that belong to no package may lie in any image, so it is never called complete.
                new Composition(gaps.Exists(gap => gap.IsMissing) || !system.IsKnown ? "incomplete" : "unknown", [image.BomRef, .. tree.Platforms.Select(platform => platform.BomRef)], []),
                .. system.Compositions,
            ])
        {
            Author = Author(inventory),
            Gaps = [.. gaps, .. application.Remarks],
        };
    }

    /// <summary>
    /// The application's part alone: what is scanned beside the image, and what lies inside it. Its serial number follows from its content,
    /// because it exists before the image has a digest.
    /// </summary>
    public static Sbom BuildInventory(ProjectInventory inventory, string toolVersion, DateTimeOffset? timestamp = null)
    {
        var application = new ApplicationPart(inventory, SpdxLicenses.Load(), withFeeds: false);
        return Numbered(new Sbom(
            Guid.Empty, timestamp, Tools(inventory, toolVersion, listing: null), application.Component, application.Parts, application.Dependencies, [application.Composition])
        {
            Author = Author(inventory),
            Gaps = inventory.Gaps,
        });
    }

    /// <summary>
    /// The packages, for the scanner: without what is another one after each change of the application itself (its own hashes, version and commit), of which no scanner knows anything. So a
    /// report about the same packages stays one about the same document.
    /// </summary>
    public static Sbom BuildPackages(ProjectInventory inventory, string toolVersion) => BuildInventory(
        inventory with
        {
            Version = "0",
            Application = inventory.Application with { Sha512 = null, Commit = null },
            Projects = [.. inventory.Projects.Select(project => project with { Version = "0", Sha512 = null })],
        },
        toolVersion);

    /// <summary>What took part in the build and does not ship: kept apart, because scanners report every component of a document, whatever its scope.</summary>
    public static Sbom BuildTimeOnly(ProjectInventory inventory, string toolVersion, DateTimeOffset? timestamp = null)
    {
        var application = new ApplicationPart(inventory, SpdxLicenses.Load(), withFeeds: true);
        var composition = new Composition(inventory.NotShippedGaps.Count == 0 ? "complete" : "incomplete", [application.Component.BomRef], []);
        return Numbered(new Sbom(Guid.Empty, timestamp, Tools(inventory, toolVersion, listing: null), application.Component, application.BuildOnly, [], [composition])
        {
            Author = Author(inventory),
            Gaps = inventory.NotShippedGaps,
        });
    }

    private static Sbom Numbered(Sbom sbom)
    {
        var content = new ArrayBufferWriter<byte>(64 * 1024);
        CycloneDxWriter.Write(sbom, content);
        return sbom with { SerialNumber = SerialNumbers.Of(Convert.ToHexStringLower(SHA256.HashData(content.WrittenSpan))) };
    }

    private static Party? Author(ProjectInventory inventory) =>
        inventory.Application.Publisher is { } name ? new Party(name, inventory.Application.Website ?? inventory.Application.RepositoryUrl) : null;

    /// <summary>What was seen in the image and the build did not put there: ordered by bom-ref, each once.</summary>
    private static IReadOnlyList<Component> Others(IReadOnlyList<ImagePlatform> platforms, LibraryPart libraries, RuntimePart runtime, PlatformNotes notes)
    {
        var components = new SortedList<string, Component>(StringComparer.Ordinal);
        foreach (var platform in platforms)
        {
            foreach (var component in libraries.Of(platform).Concat(runtime.Of(platform)))
            {
                components.TryAdd(component.BomRef, component);
                notes.Add(component.BomRef, platform);
            }
        }

        return notes.On(components.Values);
    }

    private static List<Component> Tools(ProjectInventory inventory, string toolVersion, ImageListing? listing)
    {
        var tools = new List<Component> { new(ComponentType.Application, $"tool:{OwnName}@{toolVersion}", OwnName, toolVersion) };
        if (inventory.SdkVersion is { } sdk)
            tools.Add(new Component(ComponentType.Application, $"tool:.NET SDK@{sdk}", ".NET SDK", sdk) { Supplier = "Microsoft", SupplierUrl = "https://dot.net/" });
        if (listing is not null)
            tools.Add(new Component(ComponentType.Application, $"tool:{listing.Scanner}@{listing.ScannerVersion}", listing.Scanner, listing.ScannerVersion));
        return tools;
    }
}
