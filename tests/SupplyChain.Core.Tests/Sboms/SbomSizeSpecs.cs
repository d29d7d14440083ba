using System.Diagnostics;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Scanning;

namespace SupplyChain.Core.Tests.Sboms;

public sealed class SbomSizeSpecs
{
    [Theory]
    [InlineData(500, 100)]
    [InlineData(50, 800)]
    public void A_large_application_or_a_large_system_is_attested_in_less_than_1_MiB(int packages, int systemPackages)
    {
        var watch = Stopwatch.StartNew();
        var sbom = Large(packages, systemPackages);
        var cycloneDx = SbomSize.Write(sbom, "sbom.cdx.json", (document, to, indented) => CycloneDxWriter.Write(document, to, CycloneDxVersion.V1_6, indented), out var tooLarge);
        TestContext.Current.SendDiagnosticMessage($"{sbom.Components.Count} components in {watch.ElapsedMilliseconds} ms");
        tooLarge.ShouldBeNull();
        Compact(cycloneDx).ShouldBeLessThanOrEqualTo(SbomSize.Most);

        SbomSize.Write(sbom, "sbom.spdx.json", (document, to, indented) => SpdxWriter.Write(document, to, indented), out tooLarge);
        tooLarge.ShouldBeNull();
    }

    [Fact]
    public void The_short_form_keeps_what_identifies_a_component()
    {
        using var document = JsonDocument.Parse(SbomSize.Write(Large(500, 800), "sbom.cdx.json", (sbom, to, indented) => CycloneDxWriter.Write(sbom, to, CycloneDxVersion.V1_6, indented), out _));
        var components = document.RootElement.GetProperty("components").EnumerateArray().ToList();
        components.Count.ShouldBe(500 + 800 + 2);
        var package = components.First(component => component.GetProperty("name").GetString() == "Contoso.Package.0");
        package.GetProperty("purl").GetString().ShouldBe("pkg:nuget/Contoso.Package.0@1.0.0");
        package.GetProperty("hashes").GetArrayLength().ShouldBe(1);
        package.GetProperty("licenses").GetArrayLength().ShouldBe(1);
        package.TryGetProperty("description", out _).ShouldBeFalse();
        components.Last().GetProperty("properties").EnumerateArray().ShouldContain(property => property.GetProperty("name").GetString() == "aquasecurity:trivy:SrcName");
    }

    [Fact]
    public void A_small_document_keeps_everything()
    {
        var content = SbomSize.Write(Large(5, 5), "sbom.cdx.json", (sbom, to, indented) => CycloneDxWriter.Write(sbom, to, CycloneDxVersion.V1_6, indented), out _);
        System.Text.Encoding.UTF8.GetString(content.Span).ShouldContain("\"description\"");
    }

    [Fact]
    public void What_cannot_be_made_small_enough_is_said()
    {
        SbomSize.Write(Large(500, 1500), "sbom.cdx.json", (sbom, to, indented) => CycloneDxWriter.Write(sbom, to, CycloneDxVersion.V1_6, indented), out var diagnostic);
        diagnostic.ShouldNotBeNull().Code.ShouldBe(DiagnosticCodes.SbomTooLarge);
        diagnostic.Message.ShouldContain("SupplyChainSbomFormats");
    }

    private static int Compact(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            document.WriteTo(writer);
        return (int)stream.Length;
    }

    private static Sbom Large(int packages, int systemPackages)
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
        var inventory = SampleSbom.Inventory with { Packages = shipped, Projects = [], Dependencies = [.. shipped.Take(50).Select(package => package.Id)], Frameworks = [] };
        var sample = SampleSbom.Report.Platforms[0];
        var system = Enumerable.Range(0, systemPackages).Select(i => sample.Packages[0] with
        {
            Name = $"libcontoso{i}",
            Purl = $"pkg:deb/debian/libcontoso{i}@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.7",
            SourceName = $"contoso{i}",
            ScannerId = $"libcontoso{i}@3.0.11-1~deb12u2",
        });
        return SbomBuilder.Build(inventory, SampleSbom.Report with { Platforms = [sample with { Packages = [.. system], Libraries = [] }] }, SampleSbom.Context);
    }
}
