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
    private const string OwnName = "SupplyChain.Build";

    /// <summary>The bill of materials of the image.</summary>
    /// <param name="report">Null when nothing was scanned: the operating system's packages are missing then, and the document says so.</param>
    public static Sbom Build(ProjectInventory inventory, ScanReport? report, SbomContext context)
    {
        var licenses = SpdxLicenses.Load();
        var application = new ApplicationPart(inventory, licenses);
        var system = new SystemPart(report?.Platforms ?? [], licenses);
        var image = ImageComponent.Of(context.Image, context.ImageDigest);
        var libraries = LibraryPart.Of(report?.Platforms ?? [], inventory, application.Parts.Concat(system.Components).Select(component => component.BomRef), licenses);
        return new Sbom(
            SerialNumbers.Of(context.ImageDigest.ToString()),
            context.Timestamp,
            Tools(context.ToolVersion, report),
            image,
            [application.Component, .. application.Parts, .. libraries, .. system.Components],
            [
                new Dependency(image.BomRef, [application.Component.BomRef, .. system.Systems.Select(os => os.BomRef), .. libraries.Select(library => library.BomRef)]),
                .. application.Dependencies,
                .. system.Dependencies,
            ],
            [
                application.Composition,

                // Files that belong to no package may lie in any image, so it is never called complete.
                new Composition(system.IsKnown ? "unknown" : "incomplete", [image.BomRef], []),
                .. system.Compositions,
            ]);
    }

    /// <summary>
    /// The application's part alone: what is scanned beside the image, and what lies inside it. Its serial number follows from its content,
    /// because it exists before the image has a digest.
    /// </summary>
    public static Sbom BuildInventory(ProjectInventory inventory, string toolVersion, DateTimeOffset? timestamp = null)
    {
        var application = new ApplicationPart(inventory, SpdxLicenses.Load());
        var sbom = new Sbom(Guid.Empty, timestamp, Tools(toolVersion, report: null), application.Component, application.Parts, application.Dependencies, [application.Composition]);
        var content = new ArrayBufferWriter<byte>(64 * 1024);
        CycloneDxWriter.Write(sbom, content);
        return sbom with { SerialNumber = SerialNumbers.Of(Convert.ToHexStringLower(SHA256.HashData(content.WrittenSpan))) };
    }

    private static List<Component> Tools(string toolVersion, ScanReport? report)
    {
        var tools = new List<Component> { new(ComponentType.Application, $"tool:{OwnName}@{toolVersion}", OwnName, toolVersion) };
        if (report is not null)
            tools.Add(new Component(ComponentType.Application, $"tool:{report.Scanner}@{report.ScannerVersion}", report.Scanner, report.ScannerVersion));
        return tools;
    }
}
