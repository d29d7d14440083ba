using System.Buffers;
using System.Globalization;
using SupplyChain.Core.Diagnostics;

namespace SupplyChain.Core.Sboms;

/// <summary>
/// Keeps a document small enough to be attested: many registries and transparency logs take no more than 1 MiB, and an envelope is a third larger
/// than what it holds. What only people read goes first; what identifies a component, and what scanners need, always stays.
/// </summary>
public static class SbomSize
{
    /// <summary>Bytes of a document without white space, so that its envelope and bundle stay below 1 MiB.</summary>
    public const int Most = 740_000;

    /// <summary>Bytes of a component, indented.</summary>
    private const int UsualComponent = 2048;

    /// <param name="write">Writes the document indented.</param>
    /// <param name="diagnostic">SCB2002 when even the smallest form is too large; else null.</param>
    /// <returns>The indented document, as small as needed.</returns>
    public static ReadOnlyMemory<byte> Write(Sbom sbom, string name, Action<Sbom, IBufferWriter<byte>> write, out Diagnostic? diagnostic)
    {
        diagnostic = null;
        var buffer = new ArrayBufferWriter<byte>(Math.Max(64 * 1024, sbom.Components.Count * UsualComponent));
        var size = 0;
        foreach (var shorten in new Func<Component, Component>[] { AsItIs, WithoutProse, WithoutOrigin, WithoutPlace })
        {
            sbom = sbom with { Components = [.. sbom.Components.Select(shorten)], IsShort = shorten == WithoutPlace };
            if (shorten == WithoutOrigin)
                sbom = WithShortReferences(sbom);
            buffer.ResetWrittenCount();
            write(sbom, buffer);
            size = WithoutWhiteSpace(buffer.WrittenSpan);
            if (size <= Most)
                return buffer.WrittenMemory;
        }

        diagnostic = new Diagnostic(
            DiagnosticCodes.SbomTooLarge,
            $"{name} has {size / 1024} KB in its shortest form, {sbom.Components.Count} components: its attestation is larger than 1 MiB, which some registries and transparency logs refuse. Choose a smaller base image, or leave one of the formats out (SupplyChainSbomFormats).");
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// Bytes of an indented document when its white space is gone, as it is signed. Writing is what costs, so it is written once, for people. Of its lines each is one
    /// property or one value: no string holds a line break. (A value that looks like a name and a colon may cost it a byte.)
    /// </summary>
    internal static int WithoutWhiteSpace(ReadOnlySpan<byte> indented)
    {
        var size = 0;
        while (!indented.IsEmpty)
        {
            var end = indented.IndexOf((byte)'\n');
            var line = end < 0 ? indented : indented[..end];
            indented = end < 0 ? [] : indented[(end + 1)..];
            var start = 0;
            while (start < line.Length && line[start] == (byte)' ')
                start++;
            line = line[start..];
            size += line.Length;
            if (line is [(byte)'"', .. var name] && name.IndexOf((byte)'"') is >= 0 and var close && name[(close + 1)..] is [(byte)':', (byte)' ', ..])
                size--;
        }

        return size;
    }

    /// <summary>The form that loses most.</summary>
    internal static Sbom Shortest(Sbom sbom) =>
        WithShortReferences(sbom with { Components = [.. sbom.Components.Select(WithoutProse).Select(WithoutOrigin).Select(WithoutPlace)], IsShort = true });

    /// <summary>A package URL as reference stands in the document three times and more.</summary>
    private static Sbom WithShortReferences(Sbom sbom)
    {
        var names = new Dictionary<string, string>(sbom.Components.Count, StringComparer.Ordinal);
        foreach (var component in sbom.Components)
            names.Add(component.BomRef, string.Create(CultureInfo.InvariantCulture, $"c{names.Count}"));
        return sbom with
        {
            Components = [.. sbom.Components.Select(component => component with { BomRef = Short(component.BomRef) })],
            Dependencies = [.. sbom.Dependencies.Select(dependency => new Dependency(Short(dependency.Ref), Shortened(dependency.DependsOn)))],
            Compositions = [.. sbom.Compositions.Select(composition => new Composition(composition.Aggregate, Shortened(composition.Assemblies), Shortened(composition.Dependencies)))],
        };

        string Short(string reference) => names.GetValueOrDefault(reference, reference);
        List<string> Shortened(IReadOnlyList<string> references) => [.. references.Select(Short)];
    }

    private static Component AsItIs(Component component) => component;

    private static Component WithoutProse(Component component) => component with
    {
        Description = null,
        Properties = [.. component.Properties.Where(property => !BsiProperties.IsOne(property))],
        Authors = component.Supplier is null ? component.Authors : [],
    };

    private static Component WithoutOrigin(Component component) => component with
    {
        Files = [],
        SupplierUrl = null,
        ExternalReferences = [.. component.ExternalReferences.Where(reference => reference.Type == "vcs")],
        Properties = [.. component.Properties.Where(property => property.Name != TrivyProperties.LayerDiffId || component.Properties.All(other => other.Name != TrivyProperties.LayerDigest))],
    };

    /// <summary>Source repositories and layers, and the scanner's own id where it says nothing new.</summary>
    private static Component WithoutPlace(Component component) => component with
    {
        ExternalReferences = [],
        Properties = [.. component.Properties.Where(property => property.Name is not (TrivyProperties.LayerDiffId or TrivyProperties.LayerDigest)
            && !(property.Name == TrivyProperties.PackageId && property.Value == $"{component.Name}@{component.Version}"))],
    };
}
