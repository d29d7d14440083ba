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

    /// <summary>The bill of materials of the image.</summary>
    /// <param name="report">Null when nothing was scanned: the operating system's packages are missing then, and the document says so.</param>
    public static Sbom Build(ProjectInventory inventory, ScanReport? report, SbomContext context)
    {
        var licenses = SpdxLicenses.Load();
        var system = new SystemPart(report?.Platforms ?? [], licenses);
        var shipped = inventory.Packages.Select(package => package.Purl).Concat(system.Components.Select(component => component.BomRef));
        var libraries = LibraryPart.Of(report?.Platforms ?? [], inventory, shipped, licenses);
        var runtime = new RuntimePart(inventory, libraries, context.Images);
        var application = new ApplicationPart(inventory, licenses, runtime.Refs);
        IReadOnlyList<Component> others = [.. libraries.Concat(runtime.Components).OrderBy(component => component.BomRef, StringComparer.Ordinal)];
        var image = ImageComponent.Of(context.Image, context.ImageDigest) with
        {
            Supplier = inventory.Application.Publisher,
            Ancestors = ImageComponent.Bases(context.Images, context.BaseImage),
        };
        return new Sbom(
            SerialNumbers.Of(context.ImageDigest.ToString()),
            context.Timestamp,
            Tools(inventory, context.ToolVersion, report),
            image,
            [application.Component, .. application.Parts, .. others, .. system.Components],
            [
                new Dependency(image.BomRef, [application.Component.BomRef, .. system.Systems.Select(os => os.BomRef), .. others.Select(library => library.BomRef)]),
                .. application.Dependencies,
                .. system.Dependencies,
            ],
            [
                application.Composition,

                // Files that belong to no package may lie in any image, so it is never called complete.
                new Composition(system.IsKnown && runtime.Missing.Count == 0 ? "unknown" : "incomplete", [image.BomRef], []),
                .. system.Compositions,
            ])
        {
            Author = Author(inventory),
            Gaps = SbomCompleteness.Gaps(inventory, report, runtime.Missing),
        };
    }

    /// <summary>
    /// The application's part alone: what is scanned beside the image, and what lies inside it. Its serial number follows from its content,
    /// because it exists before the image has a digest.
    /// </summary>
    public static Sbom BuildInventory(ProjectInventory inventory, string toolVersion, DateTimeOffset? timestamp = null)
    {
        var application = new ApplicationPart(inventory, SpdxLicenses.Load());
        return Numbered(new Sbom(
            Guid.Empty, timestamp, Tools(inventory, toolVersion, report: null), application.Component, application.Parts, application.Dependencies, [application.Composition])
        {
            Author = Author(inventory),
            Gaps = inventory.Gaps,
        });
    }

    /// <summary>What took part in the build and does not ship: kept apart, because scanners report every component of a document, whatever its scope.</summary>
    public static Sbom BuildTimeOnly(ProjectInventory inventory, string toolVersion, DateTimeOffset? timestamp = null)
    {
        var application = new ApplicationPart(inventory, SpdxLicenses.Load());
        return Numbered(new Sbom(Guid.Empty, timestamp, Tools(inventory, toolVersion, report: null), application.Component, application.BuildOnly, [], []) { Author = Author(inventory) });
    }

    private static Sbom Numbered(Sbom sbom)
    {
        var content = new ArrayBufferWriter<byte>(64 * 1024);
        CycloneDxWriter.Write(sbom, content);
        return sbom with { SerialNumber = SerialNumbers.Of(Convert.ToHexStringLower(SHA256.HashData(content.WrittenSpan))) };
    }

    private static Party? Author(ProjectInventory inventory) =>
        inventory.Application.Publisher is { } name ? new Party(name, inventory.Application.Website ?? inventory.Application.RepositoryUrl) : null;

    private static List<Component> Tools(ProjectInventory inventory, string toolVersion, ScanReport? report)
    {
        var tools = new List<Component> { new(ComponentType.Application, $"tool:{OwnName}@{toolVersion}", OwnName, toolVersion) };
        if (inventory.SdkVersion is { } sdk)
            tools.Add(new Component(ComponentType.Application, $"tool:.NET SDK@{sdk}", ".NET SDK", sdk) { Supplier = "Microsoft", SupplierUrl = "https://dot.net/" });
        if (report is not null)
            tools.Add(new Component(ComponentType.Application, $"tool:{report.Scanner}@{report.ScannerVersion}", report.Scanner, report.ScannerVersion));
        return tools;
    }
}
