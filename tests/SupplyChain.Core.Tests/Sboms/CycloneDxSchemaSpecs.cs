using SupplyChain.Core.Sboms;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Sboms;

public sealed class CycloneDxSchemaSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(CycloneDxVersion.V1_6, "cyclonedx/bom-1.6.schema.json")]
    [InlineData(CycloneDxVersion.V1_7, "cyclonedx/bom-1.7.schema.json")]
    public async Task Every_document_is_valid(CycloneDxVersion version, string schema)
    {
        string[] documents =
        [
            Write("image.json", SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context), version),
            Write("platform.json", SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.OfPlatform(1)), version),
            Write("unscanned.json", SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context with { Timestamp = null }), version),
            Write("application.json", SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0"), version),
            Write("build.json", SbomBuilder.BuildTimeOnly(SampleSbom.Inventory, "0.1.0"), version),
            Write("empty.json", SbomBuilder.BuildInventory(SampleSbom.Inventory with { Packages = [], Projects = [], Dependencies = [] }, "0.1.0"), version),
        ];
        (await JsonSchemas.ErrorsAsync(schema, documents, TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Theory]
    [InlineData("\"container\"", "\"crate\"")]
    [InlineData("\"id\":\"MIT\"", "\"id\":\"MIT-ish\"")]
    [InlineData("\"alg\":\"SHA-512\",\"content\":\"ab", "\"alg\":\"SHA-512\",\"content\":\"zz")]
    [InlineData("\"aggregate\":\"complete\"", "\"aggregate\":\"perfect\"")]
    [InlineData("urn:uuid:", "uuid:")]
    [InlineData("2026-11-23T06:30:00Z", "yesterday")]
    [InlineData("\"bomFormat\":", "\"extra\":1,\"bomFormat\":")]
    public async Task The_validation_finds_what_is_wrong(string right, string wrong)
    {
        var json = SampleSbom.Json(SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context));
        json.ShouldContain(right);
        File.WriteAllText(_folder.File("wrong.json"), json.Replace(right, wrong, StringComparison.Ordinal));
        (await JsonSchemas.ErrorsAsync("cyclonedx/bom-1.6.schema.json", [_folder.File("wrong.json")], TestContext.Current.CancellationToken)).ShouldNotBe("");
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, Sbom sbom, CycloneDxVersion version)
    {
        File.WriteAllText(_folder.File(name), SampleSbom.Json(sbom, version));
        return _folder.File(name);
    }
}
