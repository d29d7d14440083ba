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

    /// <summary>Components of a document that most likely fits.</summary>
    private const int Few = 250;

    /// <param name="write">Writes the document indented (true) or without white space (false).</param>
    /// <param name="diagnostic">SCB2002 when even the smallest form is too large; else null.</param>
    /// <returns>The indented document, as small as needed.</returns>
    public static ReadOnlyMemory<byte> Write(Sbom sbom, string name, Action<Sbom, IBufferWriter<byte>, bool> write, out Diagnostic? diagnostic)
    {
        diagnostic = null;
        // Writing is what costs. A document of few components fits as it is, and white space only adds to it; one of many is measured without.
        if (sbom.Components.Count <= Few && Written(sbom, indented: true) is { Length: <= Most } content)
            return content;
        var size = 0;
        foreach (var shorten in new Func<Component, Component>[] { AsItIs, WithoutProse, WithoutOrigin, WithoutPlace })
        {
            sbom = sbom with { Components = [.. sbom.Components.Select(shorten)], IsShort = shorten == WithoutPlace };
            if (shorten == WithoutOrigin)
                sbom = WithShortReferences(sbom);
            size = SizeOf(sbom);
            if (size <= Most)
                return Written(sbom, indented: true);
        }

        diagnostic = new Diagnostic(
            DiagnosticCodes.SbomTooLarge,
            $"{name} has {size / 1024} KB in its shortest form, {sbom.Components.Count} components: its attestation is larger than 1 MiB, which some registries and transparency logs refuse. Choose a smaller base image, or leave one of the formats out (SupplyChainSbomFormats).");
        return Written(sbom, indented: true);

        int SizeOf(Sbom document)
        {
            var counter = new ByteCounter();
            write(document, counter, false);
            return counter.Count;
        }

        ReadOnlyMemory<byte> Written(Sbom document, bool indented)
        {
            var buffer = new ArrayBufferWriter<byte>(256 * 1024);
            write(document, buffer, indented);
            return buffer.WrittenMemory;
        }
    }

    /// <summary>The form that loses most.</summary>
    internal static Sbom Shortest(Sbom sbom) =>
        WithShortReferences(sbom with { Components = [.. sbom.Components.Select(WithoutProse).Select(WithoutOrigin).Select(WithoutPlace)], IsShort = true });

    /// <summary>A package URL as reference stands in the document three times and more.</summary>
    private static Sbom WithShortReferences(Sbom sbom)
    {
        var names = sbom.Components.Select((component, index) => (component.BomRef, Short: string.Create(CultureInfo.InvariantCulture, $"c{index}"))).ToDictionary(pair => pair.BomRef, pair => pair.Short, StringComparer.Ordinal);
        return sbom with
        {
            Components = [.. sbom.Components.Select(component => component with { BomRef = Short(component.BomRef) })],
            Dependencies = [.. sbom.Dependencies.Select(dependency => new Dependency(Short(dependency.Ref), Shortened(dependency.DependsOn)))],
            Compositions = [.. sbom.Compositions.Select(composition => new Composition(composition.Aggregate, Shortened(composition.Assemblies), Shortened(composition.Dependencies)))],
        };

        string Short(string reference) => names.GetValueOrDefault(reference, reference);
        List<string> Shortened(IReadOnlyList<string> references) => [.. references.Select(Short)];
    }

    /// <summary>Counts what is written and keeps none of it.</summary>
    private sealed class ByteCounter : IBufferWriter<byte>
    {
        private byte[] _buffer = new byte[64 * 1024];

        public int Count { get; private set; }

        public void Advance(int count) => Count += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= _buffer.Length ? _buffer : _buffer = new byte[sizeHint];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
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
