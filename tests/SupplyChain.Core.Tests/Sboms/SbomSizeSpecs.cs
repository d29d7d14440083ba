using System.Diagnostics;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;
using SupplyChain.Core.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Sboms;

[Trait("Category", "Slow")]
public sealed class SbomSizeSpecs
{
    /// <summary>What a certificate, its chain and the entry of a transparency log add to a bundle.</summary>
    private const int Evidence = 16 * 1024;

    [Theory]
    [InlineData(500, 100)]
    [InlineData(50, 800)]
    [InlineData(500, 800)]
    public void A_large_application_or_a_large_system_is_attested_in_less_than_1_MiB(int packages, int systemPackages)
    {
        var sbom = Large(packages, systemPackages);
        foreach (var (name, type, write) in Formats)
        {
            var content = SbomSize.Write(sbom, name, write, out var tooLarge);

            // Of both together SPDX writes each relation as an object of its own, which is too much; that is said.
            if (packages + systemPackages > 1000 && type == PredicateTypes.Spdx)
            {
                tooLarge.ShouldNotBeNull().Code.ShouldBe(DiagnosticCodes.SbomTooLarge);
                continue;
            }

            tooLarge.ShouldBeNull(name);
            var statement = Statement.Write(SampleSbom.Image, "registry.example.com/contoso/shop", type, content);
            var bundle = ((statement.Length + 2) / 3 * 4) + Evidence;
            bundle.ShouldBeLessThan(1024 * 1024, name);
        }
    }

    /// <summary>
    /// Never an absolute time: four times as many packages may take eight times as long, and no more (with the square of their number it would be sixteen times). Both are so many that
    /// the documents are tried in each of their forms; and they take turns, since a machine may be half as quick from one second to the next.
    /// </summary>
    [Fact]
    public void The_time_to_build_and_write_it_grows_with_the_number_of_packages_and_not_faster()
    {
        var (small, large) = (Inventory(2000), Inventory(8000));
        Measure(small);
        var turns = Enumerable.Range(0, 4).Select(_ => (Few: Measure(small), Many: Measure(large))).ToList();
        var (few, many) = (turns.Min(turn => turn.Few), turns.Min(turn => turn.Many));
        TestContext.Current.SendDiagnosticMessage($"2000 packages {few.TotalMilliseconds:0} ms, 8000 packages {many.TotalMilliseconds:0} ms");
        many.ShouldBeLessThan(few * 8);

        static TimeSpan Measure(ProjectInventory inventory)
        {
            var watch = Stopwatch.StartNew();
            var sbom = SbomBuilder.Build(inventory, Listing(100), Context);
            foreach (var (name, _, write) in Formats)
                SbomSize.Write(sbom, name, write, out var _);
            return watch.Elapsed;
        }
    }

    [Fact]
    public void The_short_form_keeps_what_identifies_a_component()
    {
        using var document = JsonDocument.Parse(SbomSize.Write(Large(500, 800), "sbom.cdx.json", (sbom, to) => CycloneDxWriter.Write(sbom, to, indented: true), out _));
        var components = document.RootElement.GetProperty("components").EnumerateArray().ToList();
        components.Count.ShouldBe(500 + 800 + 2 + SampleSbom.Inventory.LooseFiles.Count);
        var package = components.First(component => component.GetProperty("name").GetString() == "Contoso.Package.0");
        package.GetProperty("purl").GetString().ShouldBe("pkg:nuget/Contoso.Package.0@1.0.0");
        package.GetProperty("hashes").GetArrayLength().ShouldBe(1);
        package.GetProperty("licenses").GetArrayLength().ShouldBe(1);
        package.TryGetProperty("description", out _).ShouldBeFalse();
        components.Last().GetProperty("properties").EnumerateArray().ShouldContain(property => property.GetProperty("name").GetString() == "aquasecurity:trivy:SrcName");
    }

    /// <summary>The short form leaves out what scanners can do without, and nothing else.</summary>
    [Theory]
    [InlineData(500, 800)]
    [InlineData(500, 1500)]
    public async Task The_short_form_is_valid(int packages, int systemPackages)
    {
        using var folder = new TestFolder();
        var sbom = Large(packages, systemPackages);
        foreach (var (name, _, write) in Formats)
            File.WriteAllBytes(folder.File(name), SbomSize.Write(sbom, name, write, out var _).ToArray());
        (await JsonSchemas.ErrorsAsync("cyclonedx/bom-1.6.schema.json", [folder.File("sbom.cdx.json")], TestContext.Current.CancellationToken)).ShouldBe("");
        (await JsonSchemas.ErrorsAsync("spdx/spdx-2.3.schema.json", [folder.File("sbom.spdx.json")], TestContext.Current.CancellationToken)).ShouldBe("");
    }

    /// <summary>The size that counts is that of the signed form, and the document is written in the other one.</summary>
    [Fact]
    public void What_white_space_adds_is_known_without_writing_the_document_twice()
    {
        var sbom = Large(20, 20);
        var (cycloneDx, spdx) = (new System.Buffers.ArrayBufferWriter<byte>(), new System.Buffers.ArrayBufferWriter<byte>());
        CycloneDxWriter.Write(sbom, cycloneDx);
        SpdxWriter.Write(sbom, spdx);
        foreach (var ((_, _, write), compact) in Formats.Zip([cycloneDx.WrittenCount, spdx.WrittenCount]))
        {
            var indented = new System.Buffers.ArrayBufferWriter<byte>();
            write(sbom, indented);
            SbomSize.WithoutWhiteSpace(indented.WrittenSpan).ShouldBe(compact);
        }
    }

    [Fact]
    public void A_small_document_keeps_everything()
    {
        var content = SbomSize.Write(Large(5, 5), "sbom.cdx.json", (sbom, to) => CycloneDxWriter.Write(sbom, to, indented: true), out _);
        System.Text.Encoding.UTF8.GetString(content.Span).ShouldContain("\"description\"");
    }

    [Fact]
    public void What_cannot_be_made_small_enough_is_said()
    {
        SbomSize.Write(Large(500, 1500), "sbom.cdx.json", (sbom, to) => CycloneDxWriter.Write(sbom, to, indented: true), out var diagnostic);
        diagnostic.ShouldNotBeNull().Code.ShouldBe(DiagnosticCodes.SbomTooLarge);
        diagnostic.Message.ShouldContain("SupplyChainSbomFormats");
    }

    private static readonly (string Name, string Type, Action<Sbom, System.Buffers.IBufferWriter<byte>> Write)[] Formats =
    [
        ("sbom.cdx.json", PredicateTypes.CycloneDx, (document, to) => CycloneDxWriter.Write(document, to, indented: true)),
        ("sbom.spdx.json", PredicateTypes.Spdx, (document, to) => SpdxWriter.Write(document, to, indented: true)),
    ];

    private static SbomContext Context => SampleSbom.Context with { Images = [SampleSbom.Context.Images[0]] };

    private static Sbom Large(int packages, int systemPackages) => SbomBuilder.Build(Inventory(packages), Listing(systemPackages), Context);

    private static ProjectInventory Inventory(int packages)
    {
        var shipped = Enumerable.Range(0, packages).Select(i => new NuGetPackage($"Contoso.Package.{i}", "1.0.0", i < 50, [.. Enumerable.Range(i + 1, Math.Min(4, packages - i - 1)).Select(j => $"Contoso.Package.{j}")])
        {
            Sha512 = string.Concat(Enumerable.Repeat((i % 256).ToString("x2", System.Globalization.CultureInfo.InvariantCulture), 64)),
            LicenseExpression = "MIT",
            Authors = "Contoso Corporation",
            Description = new string('d', 400),
            ProjectUrl = $"https://contoso.example/packages/{i}",
            RepositoryUrl = $"https://github.com/contoso/package-{i}",
            RepositoryCommit = new string('f', 40),
            Source = "https://feed.contoso.example/v3/index.json",
            Files = [$"Contoso.Package.{i}.dll"],
        }).ToList();
        return SampleSbom.Inventory with { Packages = shipped, Projects = [], Dependencies = [.. shipped.Take(50).Select(package => package.Id)], Frameworks = [] };
    }

    private static ImageListing Listing(int systemPackages)
    {
        var sample = SampleSbom.Listing.Platforms[0];
        var system = Enumerable.Range(0, systemPackages).Select(i => sample.Packages[0] with
        {
            Name = $"libcontoso{i}",
            Purl = $"pkg:deb/debian/libcontoso{i}@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.7",
            SourceName = $"contoso{i}",
            ScannerId = $"libcontoso{i}@3.0.11-1~deb12u2",
        });
        return SampleSbom.Listing with { Platforms = [sample with { Packages = [.. system], Libraries = [] }] };
    }
}
