using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>One document for the index, which tells the platforms apart, and one for each platform.</summary>
public sealed class PlatformSbomSpecs
{
    private static readonly Sbom Index = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context);
    private static readonly Sbom Arm64 = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.OfPlatform(1));

    [Fact]
    public void The_index_leads_to_the_image_of_each_platform_and_each_to_what_is_on_it()
    {
        var images = Index.Components.Where(component => component.Type == ComponentType.Container).ToList();
        images.Select(image => image.Version).ShouldBe(SampleSbom.Context.Images.Select(image => image.Manifest.Digest.ToString()));
        images.Select(Platforms).ShouldBe([["linux/amd64"], ["linux/arm64"]]);
        DependsOn(Index, Index.Subject.BomRef).ShouldBe(images.Select(image => image.BomRef));
        DependsOn(Index, images[0].BomRef).ShouldContain("pkg:nuget/Microsoft.NETCore.App.Runtime.linux-amd64@10.0.0");
        DependsOn(Index, images[1].BomRef).ShouldNotContain("pkg:nuget/Microsoft.NETCore.App.Runtime.linux-amd64@10.0.0");
    }

    [Fact]
    public void What_is_not_on_all_platforms_says_on_which()
    {
        Index.Components.Where(component => component.Name == "zlib1g").Select(Platforms).ShouldBe([["linux/amd64"], ["linux/arm64"]]);
        Platforms(Index.Components.Single(component => component.Name == "tzdata")).ShouldBeEmpty();
        Platforms(Index.Components.Single(component => component.Type == ComponentType.OperatingSystem)).ShouldBeEmpty();
    }

    [Fact]
    public void The_document_of_a_platform_is_about_its_manifest_and_names_nothing_of_another()
    {
        Arm64.Subject.Version.ShouldBe(SampleSbom.Context.Images[1].Manifest.Digest.ToString());
        Platforms(Arm64.Subject).ShouldBe(["linux/arm64"]);
        Arm64.SerialNumber.ShouldNotBe(Index.SerialNumber);
        SampleSbom.Json(Arm64).ShouldNotContain("amd64");
        Arm64.Components.Where(component => component.Name == "zlib1g").ShouldHaveSingleItem();
        Arm64.Components.ShouldNotContain(component => component.Type == ComponentType.Container);
        Arm64.Subject.Purl.ShouldBe(Index.Components.Last().Purl);
    }

    [Fact]
    public void A_listing_without_the_image_is_still_one_of_its_platforms()
    {
        var sbom = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context with { Images = [] });
        sbom.Components.Count(component => component.Name == "zlib1g").ShouldBe(2);
    }

    private static IReadOnlyList<string> DependsOn(Sbom sbom, string reference) => sbom.Dependencies.Single(dependency => dependency.Ref == reference).DependsOn;

    private static string[] Platforms(Component component) => [.. component.Properties.Where(property => property.Name == "supplychain:platform").Select(property => property.Value)];
}
