using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Sboms;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Sboms;

public sealed class SbomBuilderSpecs
{
    private static readonly Sbom Sbom = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context);

    [Theory]
    [InlineData("shop.cdx.json")]
    [InlineData("shop.inventory.cdx.json")]
    [InlineData("shop.build.cdx.json")]
    [InlineData("shop.spdx.json")]
    public void The_document_is_the_golden_one_byte_for_byte(string golden)
    {
        var sbom = golden switch
        {
            "shop.inventory.cdx.json" => SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0"),
            "shop.build.cdx.json" => SbomBuilder.BuildTimeOnly(SampleSbom.Inventory, "0.1.0"),
            _ => Sbom,
        };
        var path = Path.Combine(Toolchain.RepositoryRoot, "tests/SupplyChain.Core.Tests/Sboms", golden);
        var json = (golden.Contains("spdx", StringComparison.Ordinal) ? SampleSbom.Spdx(sbom, indented: true) : SampleSbom.Json(sbom, indented: true)) + "\n";
        if (Environment.GetEnvironmentVariable("SUPPLYCHAIN_UPDATE_GOLDENS") == "1")
            File.WriteAllText(path, json);
        var (actual, expected) = (json.Split('\n'), File.ReadAllText(path).Split('\n'));
        foreach (var (line, index) in actual.Select((line, index) => (line, index)))
            line.ShouldBe(expected.ElementAtOrDefault(index), $"line {index + 1} of {golden}; SUPPLYCHAIN_UPDATE_GOLDENS=1 writes it anew");
        actual.Length.ShouldBe(expected.Length);
    }

    [Fact]
    public void The_order_of_the_inputs_does_not_matter()
    {
        var inventory = SampleSbom.Inventory with
        {
            Packages = [.. SampleSbom.Inventory.Packages.Reverse()],
            Dependencies = [.. SampleSbom.Inventory.Dependencies.Reverse()],
        };
        var report = SampleSbom.Listing with { Platforms = [.. SampleSbom.Listing.Platforms.Select(platform => platform with { Packages = [.. platform.Packages.Reverse()], Libraries = [.. platform.Libraries.Reverse()] })] };
        SampleSbom.Json(SbomBuilder.Build(inventory, report, SampleSbom.Context)).ShouldBe(SampleSbom.Json(Sbom));
        SampleSbom.Json(SbomBuilder.BuildInventory(inventory, "0.1.0")).ShouldBe(SampleSbom.Json(SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0")));
    }

    [Fact]
    public void The_serial_number_follows_from_the_image()
    {
        Sbom.SerialNumber.Version.ShouldBe(5);
        SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context).SerialNumber.ShouldBe(Sbom.SerialNumber);
        SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context with { ImageDigest = Digest.Of("another"u8) }).SerialNumber.ShouldNotBe(Sbom.SerialNumber);
    }

    [Fact]
    public void The_serial_number_of_the_application_part_follows_from_its_content()
    {
        var one = SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0");
        SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0").SerialNumber.ShouldBe(one.SerialNumber);
        SbomBuilder.BuildInventory(SampleSbom.Inventory with { Version = "1.5.0" }, "0.1.0").SerialNumber.ShouldNotBe(one.SerialNumber);
    }

    /// <summary>After a change of code the scan of the same packages is taken from the publish before.</summary>
    [Fact]
    public void What_the_scanner_gets_of_the_packages_differs_with_them_and_not_with_the_application()
    {
        var (hash, inventory) = (new string('0', 128), SampleSbom.Inventory);
        var one = SampleSbom.Json(SbomBuilder.BuildPackages(inventory, "0.1.0"));
        inventory.Projects.ShouldNotBeEmpty();

        SampleSbom.Json(SbomBuilder.BuildPackages(
            inventory with
            {
                Version = "1.5.0",
                Application = inventory.Application with { Sha512 = hash, Commit = "4be1d02" },
                Projects = [.. inventory.Projects.Select(project => project with { Version = "1.5.0", Sha512 = hash })],
            },
            "0.1.0")).ShouldBe(one);
        SampleSbom.Json(SbomBuilder.BuildPackages(inventory with { Packages = [.. inventory.Packages.Select(package => package with { Version = "1.5.0" })] }, "0.1.0")).ShouldNotBe(one);
        SampleSbom.Json(SbomBuilder.BuildPackages(inventory with { Packages = [.. inventory.Packages.Skip(1)] }, "0.1.0")).ShouldNotBe(one);
    }

    [Fact]
    public void Every_reference_leads_to_a_component_and_none_stands_twice()
    {
        var refs = Sbom.Components.Append(Sbom.Subject).Concat(Sbom.Tools).Select(component => component.BomRef).ToList();
        refs.ShouldBeUnique();
        Sbom.Dependencies.Select(dependency => dependency.Ref).ShouldBeUnique();
        Sbom.Dependencies.SelectMany(dependency => dependency.DependsOn.Append(dependency.Ref)).ShouldBeSubsetOf(refs);
        Sbom.Compositions.SelectMany(composition => composition.Assemblies.Concat(composition.Dependencies)).ShouldBeSubsetOf(refs);
        foreach (var dependency in Sbom.Dependencies)
            dependency.DependsOn.ShouldBeUnique();
    }

    [Fact]
    public void The_graph_leads_from_the_image_over_application_and_system_to_the_packages()
    {
        var image = $"pkg:oci/shop@{SampleSbom.Image}?repository_url=registry.example.com%2Fcontoso%2Fshop";
        Sbom.Subject.Purl.ShouldBe(image);
        DependsOn(image).Count.ShouldBe(2);
        foreach (var platform in DependsOn(image))
        {
            DependsOn(platform).ShouldContain("application:Shop@1.4.0");
            DependsOn(platform).ShouldContain("os:debian@12.7");
        }

        DependsOn("application:Shop@1.4.0").ShouldContain("project:Contoso.Orders@2.1.0");
        DependsOn("application:Shop@1.4.0").ShouldContain("pkg:nuget/Microsoft.NETCore.App.Runtime.linux-amd64@10.0.0");
        DependsOn("project:Contoso.Orders@2.1.0").ShouldBe(["pkg:nuget/Contoso.Old@0.9.0"]);
        DependsOn("pkg:nuget/Newtonsoft.Json@12.0.3").ShouldBe(["pkg:nuget/Contoso.Native@1.0.0-rc.1%2Bbuild.5"]);

        // libssl3 and zlib1g for two architectures, tzdata for all.
        DependsOn("os:debian@12.7").Count.ShouldBe(5);
    }

    [Fact]
    public void The_runtime_of_the_base_image_is_listed_and_the_scanners_view_of_the_application_is_not()
    {
        Sbom.Components.ShouldContain(component => component.Name == "Microsoft.NETCore.App.Runtime.linux-amd64");
        Sbom.Components.ShouldNotContain(component => component.Name == "Contoso.Dropped");
    }

    [Fact]
    public void A_document_without_a_scan_says_that_it_is_incomplete()
    {
        Aggregate(SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context)).ShouldBe("incomplete");
        Aggregate(SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing with { Platforms = [SampleSbom.Listing.Platforms[0] with { OperatingSystem = null, Packages = [] }] }, SampleSbom.Context)).ShouldBe("incomplete");
        Aggregate(Sbom).ShouldBe("unknown");

        static string Aggregate(Sbom sbom) => sbom.Compositions.Single(composition => composition.Assemblies.Contains(sbom.Subject.BomRef)).Aggregate;
    }

    [Fact]
    public void An_inventory_with_gaps_says_that_it_is_incomplete()
    {
        SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0").Compositions.ShouldHaveSingleItem().Aggregate.ShouldBe("complete");
        SbomBuilder.BuildInventory(SampleSbom.Inventory with { Gaps = [new Core.Projects.Gap(Core.Projects.GapKind.Unknown, "a gap")] }, "0.1.0").Compositions.ShouldHaveSingleItem().Aggregate.ShouldBe("incomplete");
    }

    [Fact]
    public void What_is_missing_is_said_to_people_too()
    {
        Messages(SampleSbom.Inventory, SampleSbom.Listing).ShouldBeEmpty();
        Messages(SampleSbom.Inventory with { Gaps = [new Core.Projects.Gap(Core.Projects.GapKind.Unknown, "a gap.")] }, SampleSbom.Listing).ShouldBe(["the bill of materials is incomplete: a gap."]);
        Messages(SampleSbom.Inventory, null).ShouldHaveSingleItem().ShouldContain("nothing looked into the image");
        Messages(SampleSbom.Inventory, SampleSbom.Listing with { Platforms = [SampleSbom.Listing.Platforms[0] with { OperatingSystem = null, Packages = [] }, SampleSbom.Listing.Platforms[1]] })
            .ShouldHaveSingleItem().ShouldContain("Trivy recognised no operating system in linux/amd64");

        // A platform that was not looked at is none that is known.
        Messages(SampleSbom.Inventory, SampleSbom.Listing with { Platforms = [SampleSbom.Listing.Platforms[0]] })
            .ShouldHaveSingleItem().ShouldContain("Trivy recognised no operating system in linux/arm64");

        static IEnumerable<string> Messages(Core.Projects.ProjectInventory inventory, Core.Scanning.ImageListing? report)
        {
            var diagnostics = SbomCompleteness.Check(SbomBuilder.Build(inventory, report, SampleSbom.Context));
            diagnostics.ShouldAllBe(diagnostic => diagnostic.Code == DiagnosticCodes.SbomIncomplete);
            return diagnostics.Select(diagnostic => diagnostic.Message);
        }
    }

    [Fact]
    public void Without_a_scan_the_runtime_is_the_one_that_the_base_image_names()
    {
        var inventory = SampleSbom.Inventory with { RuntimeIdentifiers = ["linux-musl-x64"], Frameworks = [new("Microsoft.AspNetCore.App", "10.0.0"), new("Microsoft.NETCore.App", "10.0.0")] };
        var sbom = SbomBuilder.Build(inventory, null, SampleSbom.Context);
        var runtime = sbom.Components.Where(component => component.Name.Contains(".Runtime.", StringComparison.Ordinal)).ToList();
        runtime.Select(component => component.Purl).ShouldBe(["pkg:nuget/Microsoft.NETCore.App.Runtime.linux-arm64@10.0.0", "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-musl-x64@10.0.0"]);
        runtime.ShouldAllBe(component => component.Supplier == "Microsoft" && component.Licenses[0].Id == "MIT");
        sbom.Dependencies.Single(dependency => dependency.Ref == "application:Shop@1.4.0").DependsOn.ShouldContain(runtime[0].BomRef);

        // ASP.NET Core is needed, and nothing says which.
        sbom.Gaps.ShouldContain(gap => gap.Sentence.Contains("the version of Microsoft.AspNetCore.App in the image is not known", StringComparison.Ordinal));
    }

    [Fact]
    public void What_does_not_ship_stands_in_a_document_of_its_own_only()
    {
        Sbom.Components.ShouldNotContain(component => component.Name == "StyleCop.Analyzers");
        SbomBuilder.BuildInventory(SampleSbom.Inventory, "0.1.0").Components.ShouldNotContain(component => component.Name == "System.Text.Json");
        SbomBuilder.BuildTimeOnly(SampleSbom.Inventory, "0.1.0").Components.Select(component => component.Name).ShouldBe(["StyleCop.Analyzers", "System.Text.Json"]);
    }

    [Fact]
    public void No_path_of_this_machine_gets_into_the_document() => SampleSbom.Json(Sbom).ShouldNotContain("/src/");

    [Fact]
    public void An_image_in_a_layout_has_no_repository_address() =>
        SbomBuilder.Build(SampleSbom.Inventory, null, SampleSbom.Context with { Image = new ImageReference(null, "Shop") }).Subject.Purl.ShouldBe($"pkg:oci/shop@{SampleSbom.Image}");

    private static IReadOnlyList<string> DependsOn(string reference) => Sbom.Dependencies.Single(dependency => dependency.Ref == reference).DependsOn;
}
