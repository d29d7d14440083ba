namespace SupplyChain.Core.Sboms;

/// <summary>Component types of CycloneDX 1.6 (<c>component.type</c>) that occur here.</summary>
public enum ComponentType
{
    Application,
    Container,
    Library,
    OperatingSystem,
}

/// <summary>A component (CycloneDX 1.6, <c>component</c>). Names are CycloneDX's own.</summary>
/// <param name="BomRef">Unique in the document: the package URL where there is one.</param>
public sealed record Component(ComponentType Type, string BomRef, string Name, string? Version)
{
    /// <summary>Canonical package URL.</summary>
    public string? Purl { get; init; }

    /// <summary>The organisation it comes from.</summary>
    public string? Supplier { get; init; }

    /// <summary>Where that organisation, or the component, is to be reached: http or https.</summary>
    public string? SupplierUrl { get; init; }

    /// <summary>Names.</summary>
    public IReadOnlyList<string> Authors { get; init; } = [];

    public string? Description { get; init; }

    public IReadOnlyList<Hash> Hashes { get; init; } = [];

    public IReadOnlyList<License> Licenses { get; init; } = [];

    public IReadOnlyList<ExternalReference> ExternalReferences { get; init; } = [];

    /// <summary>Absolute paths in the image of the files it consists of (<c>evidence.occurrences</c>), ordered.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>What it was made from (<c>pedigree.ancestors</c>): the base image of an image.</summary>
    public IReadOnlyList<Component> Ancestors { get; init; } = [];

    /// <summary>In the order in which they are written; a name may stand several times.</summary>
    public IReadOnlyList<Property> Properties { get; init; } = [];
}

/// <param name="Algorithm">As CycloneDX spells it: <c>SHA-256</c>, <c>SHA-512</c>.</param>
/// <param name="Content">Lower-case hexadecimal.</param>
public sealed record Hash(string Algorithm, string Content);

/// <param name="Type">vcs, website, distribution, …</param>
public sealed record ExternalReference(string Type, string Url, string? Comment = null);

/// <summary>A name and value of a tool's own (CycloneDX 1.6, <c>component.properties</c>).</summary>
public sealed record Property(string Name, string Value);

/// <summary>Exactly one of <paramref name="Id"/>, <paramref name="Name"/> and <paramref name="Expression"/> is set.</summary>
/// <param name="Id">SPDX licence id.</param>
/// <param name="Name">Anything that is no SPDX id.</param>
/// <param name="Expression">SPDX licence expression; then it is the component's only licence.</param>
public sealed record License(string? Id, string? Name, string? Expression, string? Url = null);
