using SupplyChain.Core.Sboms;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Sboms;

public sealed class SpdxSpecs : IDisposable
{
    private readonly TestFolder _folder = new();
    private static readonly Sbom Sbom = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context);

    [Fact]
    public async Task Every_document_is_valid()
    {
        string[] documents =
        [
            Write("image.json", Sbom),
            Write("platform.json", SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.OfPlatform(1))),
            Write("unscanned.json", SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context with { Timestamp = null, Images = [] })),
            Write("application.json", SbomBuilder.BuildInventory(SampleSbom.Inventory with { Application = new() }, "0.1.0")),
        ];
        (await JsonSchemas.ErrorsAsync("spdx/spdx-2.3.schema.json", documents, TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Fact]
    public async Task The_validation_finds_what_is_wrong()
    {
        File.WriteAllText(_folder.File("wrong.json"), SampleSbom.Spdx(Sbom).Replace("\"DEPENDS_ON\"", "\"NEEDS\"", StringComparison.Ordinal));
        (await JsonSchemas.ErrorsAsync("spdx/spdx-2.3.schema.json", [_folder.File("wrong.json")], TestContext.Current.CancellationToken)).ShouldNotBe("");
    }

    [Fact]
    public void Both_formats_name_the_same_components()
    {
        using var spdx = JsonDocument.Parse(SampleSbom.Spdx(Sbom));
        var packages = spdx.RootElement.GetProperty("packages").EnumerateArray().ToList();
        packages.Select(package => package.GetProperty("SPDXID").GetString()).ShouldBeUnique();
        packages.Where(package => package.TryGetProperty("externalRefs", out _))
            .Select(package => package.GetProperty("externalRefs")[0].GetProperty("referenceLocator").GetString())
            .ShouldBe(Sbom.Components.Prepend(Sbom.Subject).Select(component => component.Purl).OfType<string>(), ignoreOrder: true);
        var edges = spdx.RootElement.GetProperty("relationships").EnumerateArray().Count(one => one.GetProperty("relationshipType").GetString() is "DEPENDS_ON" or "CONTAINS");
        edges.ShouldBe(Sbom.Dependencies.Sum(dependency => dependency.DependsOn.Count));
    }

    [Fact]
    public void Licences_that_are_not_listed_are_explained()
    {
        using var spdx = JsonDocument.Parse(SampleSbom.Spdx(Sbom));
        var declared = spdx.RootElement.GetProperty("packages").EnumerateArray().Single(package => package.GetProperty("name").GetString() == "Contoso.Old").GetProperty("licenseDeclared").GetString()!;
        var explained = spdx.RootElement.GetProperty("hasExtractedLicensingInfos").EnumerateArray().Single(license => license.GetProperty("licenseId").GetString() == declared);
        explained.GetProperty("extractedText").GetString().ShouldBe("see URL: https://contoso.example/license");
    }

    [Fact]
    public void An_incomplete_document_says_so()
    {
        SampleSbom.Spdx(Sbom).ShouldNotContain("known to be incomplete");
        SampleSbom.Spdx(SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context)).ShouldContain("known to be incomplete: nothing looked into the image");
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, Sbom sbom)
    {
        File.WriteAllText(_folder.File(name), SampleSbom.Spdx(sbom));
        return _folder.File(name);
    }
}
