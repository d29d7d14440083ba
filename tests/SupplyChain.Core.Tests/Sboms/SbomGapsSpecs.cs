using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Projects;
using SupplyChain.Core.Sboms;
using SupplyChain.Core.Tests.Projects;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>Bad input has a code, and the document itself says that it is incomplete; never silence.</summary>
public sealed class SbomGapsSpecs : IDisposable
{
    private readonly AssetsText _assets = new();

    [Fact]
    public async Task A_package_folder_that_is_gone()
    {
        var sbom = await BuildAsync();
        Said(sbom, DiagnosticCodes.PackageFolderMissing).ShouldContain("Contoso.Core 1.0.0 is in no package folder");
        IsIncomplete(sbom).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""<!DOCTYPE package [<!ENTITY x SYSTEM "file:///etc/hostname">]>""", "<authors>&x;</authors>")]
    [InlineData("""<!DOCTYPE package [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>""", "<authors>&b;</authors>")]
    [InlineData("", "<authors>")]
    public async Task A_nuspec_that_is_broken_or_hostile(string prolog, string metadata)
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", metadata, prolog);
        var sbom = await BuildAsync();
        Said(sbom, DiagnosticCodes.NuspecUnusable).ShouldContain("Contoso.Core 1.0.0 has a .nuspec that cannot be used");
        IsIncomplete(sbom).ShouldBeTrue();
    }

    [Fact]
    public async Task A_nuspec_of_absurd_size()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        using (var file = File.OpenWrite(_assets.File("packages/contoso.core/1.0.0/contoso.core.nuspec")))
            file.SetLength(100 * 1024 * 1024);
        Said(await BuildAsync(), DiagnosticCodes.NuspecUnusable).ShouldContain("it has 100 MB");
    }

    [Fact]
    public async Task A_package_without_a_hash()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        var sbom = await BuildAsync();
        Said(sbom, DiagnosticCodes.PackageHashUnknown).ShouldContain("Contoso.Core 1.0.0 has no known hash");
        IsIncomplete(sbom).ShouldBeTrue();
    }

    [Theory]
    [InlineData("Apache 2.0", true)]
    [InlineData("MIT OR", true)]
    [InlineData("LicenseRef-", true)]
    [InlineData("Do what you want", true)]
    [InlineData("MIT OR Apache-2.0", false)]
    [InlineData("UNLICENSED", false)]
    [InlineData("GPL-2.0-only WITH Classpath-exception-2.0", false)]
    public void A_licence_expression_that_is_none(string expression, bool isSaid)
    {
        var inventory = SampleSbom.Inventory with { Packages = [SampleSbom.Inventory.Packages[0] with { LicenseExpression = expression }] };
        var sbom = SbomBuilder.Build(inventory, SampleSbom.Listing, SampleSbom.Context);
        var said = SbomCompleteness.Check(sbom).Where(one => one.Code == DiagnosticCodes.LicenseExpressionInvalid).ToList();
        (said.Count == 1).ShouldBe(isSaid);
        if (isSaid)
        {
            said[0].Message.ShouldContain($"Contoso.Native 1.0.0-rc.1+build.5 has the licence '{expression}', which is no SPDX licence expression");
            // Everything is known, so nothing is called incomplete; the text is a name and no expression.
            sbom.Components.Single(component => component.Name == "Contoso.Native").Licenses.ShouldHaveSingleItem().Name.ShouldBe(expression);
            sbom.Compositions.ShouldNotContain(composition => composition.Aggregate == "incomplete");
        }
    }

    [Fact]
    public void The_licence_of_the_application_is_looked_at_too()
    {
        var inventory = SampleSbom.Inventory with { Application = SampleSbom.Inventory.Application with { LicenseExpression = "Ours" } };
        Said(SbomBuilder.Build(inventory, SampleSbom.Listing, SampleSbom.Context), DiagnosticCodes.LicenseExpressionInvalid).ShouldStartWith("Shop 1.4.0 has the licence 'Ours'");
    }

    [Fact]
    public async Task What_the_project_asks_for_and_was_not_restored()
    {
        _assets.WriteNuspec("Contoso.Core", "1.0.0", "");
        var sbom = SbomBuilder.BuildInventory(await _assets.ReadAskedAsync(new AskedReferences([new AskedPackage("Contoso.Core", "1.1.0", null, false)], new Dictionary<string, string>(), [])), "0.1.0");
        Said(sbom, DiagnosticCodes.RestoreOutdated).ShouldContain("Contoso.Core 1.1.0 is asked for, 1.0.0 was restored");
    }

    [Fact]
    public async Task A_build_only_package_whose_folder_is_gone_makes_only_that_list_incomplete()
    {
        _assets.Dependencies = """{"Contoso.Core": {"target": "Package", "version": "[1.0.0, )", "suppressParent": "All"}}""";
        var inventory = await _assets.ReadAsync();
        inventory.Gaps.ShouldBeEmpty();
        var buildOnly = SbomBuilder.BuildTimeOnly(inventory, "0.1.0");
        Said(buildOnly, DiagnosticCodes.PackageFolderMissing);
        IsIncomplete(buildOnly).ShouldBeTrue();
        IsIncomplete(SbomBuilder.BuildInventory(inventory, "0.1.0")).ShouldBeFalse();
    }

    [Fact]
    public async Task No_folder_of_this_machine_gets_into_a_document()
    {
        var sbom = await BuildAsync();
        sbom.Gaps.ShouldNotBeEmpty();
        SampleSbom.Spdx(sbom).ShouldNotContain(_assets.PackageFolder);
        SampleSbom.Json(sbom).ShouldNotContain(_assets.PackageFolder);
    }

    public void Dispose() => _assets.Dispose();

    private async Task<Sbom> BuildAsync() => SbomBuilder.Build(await _assets.ReadAsync(), SampleSbom.Listing, SampleSbom.Context);

    private static string Said(Sbom sbom, DiagnosticCode code) => SbomCompleteness.Check(sbom).Where(one => one.Code == code).ShouldHaveSingleItem().Message;

    private static bool IsIncomplete(Sbom sbom) => sbom.Compositions.Any(composition => composition.Aggregate == "incomplete");
}
