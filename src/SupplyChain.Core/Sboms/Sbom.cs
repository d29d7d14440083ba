using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// A bill of materials, independent of the format it is written in. Its lists are ordered; the same inputs give the same lists.
/// </summary>
/// <param name="SerialNumber">RFC 4122, version 5: derived, never random.</param>
/// <param name="Timestamp">Given from outside; null: not written.</param>
/// <param name="Subject">What the document describes (<c>metadata.component</c>): the image, or the application.</param>
public sealed record Sbom(
    Guid SerialNumber,
    DateTimeOffset? Timestamp,
    IReadOnlyList<Component> Tools,
    Component Subject,
    IReadOnlyList<Component> Components,
    IReadOnlyList<Dependency> Dependencies,
    IReadOnlyList<Composition> Compositions)
{
    /// <summary>Who made the document: the publisher of the application; null: not known.</summary>
    public Party? Author { get; init; }

    /// <summary>As few bytes as possible: what a format allows to leave out where nothing is known, and what is the same of all, is left out.</summary>
    public bool IsShort { get; init; }

    /// <summary>What is known to be missing, or deserves a look.</summary>
    public IReadOnlyList<Gap> Gaps { get; init; } = [];
}

/// <summary>An organisation.</summary>
/// <param name="Url">http or https; null: none.</param>
public sealed record Party(string Name, string? Url);

/// <param name="Ref">A bom-ref.</param>
/// <param name="DependsOn">bom-refs; empty: it is known to depend on nothing.</param>
public sealed record Dependency(string Ref, IReadOnlyList<string> DependsOn);

/// <summary>How complete the relations of these components are (CycloneDX 1.6, <c>compositions</c>).</summary>
/// <param name="Aggregate">complete, incomplete, unknown.</param>
/// <param name="Assemblies">bom-refs whose parts this is about.</param>
/// <param name="Dependencies">bom-refs whose dependencies this is about.</param>
public sealed record Composition(string Aggregate, IReadOnlyList<string> Assemblies, IReadOnlyList<string> Dependencies);
