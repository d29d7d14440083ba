using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>What the NTIA's minimum elements (2021, section IV) and BSI TR-03183-2 (2.0, section 5.2) demand of every bill of materials.</summary>
public sealed class RequiredFieldsSpecs
{
    private static readonly Sbom Sbom = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Report, SampleSbom.Context);
    private static readonly JsonElement CycloneDx = JsonDocument.Parse(SampleSbom.Json(Sbom)).RootElement;
    private static readonly JsonElement Spdx = JsonDocument.Parse(SampleSbom.Spdx(Sbom)).RootElement;

    [Fact]
    public void The_document_says_who_made_it_and_when()
    {
        var metadata = CycloneDx.GetProperty("metadata");
        metadata.GetProperty("timestamp").GetString().ShouldBe("2026-11-23T06:30:00Z");
        metadata.GetProperty("authors")[0].GetProperty("name").GetString().ShouldBe("Contoso");
        metadata.GetProperty("supplier").GetProperty("url")[0].GetString().ShouldBe("https://contoso.example/shop");
        metadata.GetProperty("lifecycles")[0].GetProperty("phase").GetString().ShouldBe("build");
        metadata.GetProperty("tools").GetProperty("components").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()).ShouldBe(["SupplyChain.Build", ".NET SDK", "Trivy"]);
        Spdx.GetProperty("creationInfo").GetProperty("created").GetString().ShouldBe("2026-11-23T06:30:00Z");
        Spdx.GetProperty("creationInfo").GetProperty("creators")[0].GetString().ShouldBe("Organization: Contoso");
    }

    [Fact]
    public void The_image_has_its_digest_and_names_its_base_image()
    {
        var image = CycloneDx.GetProperty("metadata").GetProperty("component");
        image.GetProperty("hashes")[0].GetProperty("content").GetString().ShouldBe(SampleSbom.Image.Hex);
        var ancestor = image.GetProperty("pedigree").GetProperty("ancestors")[0];
        ancestor.GetProperty("name").GetString().ShouldBe("mcr.example.com/dotnet/runtime:10.0");
        ancestor.GetProperty("hashes")[0].GetProperty("content").GetString().ShouldBe(Core.Images.Digest.Of("base"u8).Hex);
        Spdx.GetProperty("relationships").EnumerateArray().ShouldContain(one => one.GetProperty("relationshipType").GetString() == "DESCENDANT_OF");
    }

    [Fact]
    public void Every_component_has_name_version_identity_place_in_the_graph_and_supplier()
    {
        var inGraph = CycloneDx.GetProperty("dependencies").EnumerateArray()
            .SelectMany(one => one.TryGetProperty("dependsOn", out var on) ? on.EnumerateArray().Select(item => item.GetString()).Append(one.GetProperty("ref").GetString()) : [one.GetProperty("ref").GetString()])
            .ToHashSet();
        foreach (var component in CycloneDx.GetProperty("components").EnumerateArray())
        {
            var name = component.GetProperty("name").GetString();
            component.GetProperty("version").GetString().ShouldNotBeNullOrEmpty(name);
            component.GetProperty("bom-ref").GetString().ShouldNotBeNullOrEmpty(name);
            inGraph.ShouldContain(component.GetProperty("bom-ref").GetString(), name);

            // A package that does not say who made it cannot be made to.
            if (name is not "Contoso.Native")
                component.TryGetProperty("supplier", out _).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Every_component_of_the_application_and_the_system_has_the_fields_of_the_BSI()
    {
        foreach (var component in CycloneDx.GetProperty("components").EnumerateArray().Where(component => component.GetProperty("type").GetString() != "operating-system"))
        {
            var name = component.GetProperty("name").GetString()!;
            if (name.StartsWith("Microsoft.NETCore.App.Runtime", StringComparison.Ordinal))
                continue;
            var properties = component.GetProperty("properties").EnumerateArray().Select(property => property.GetProperty("name").GetString()).ToList();
            foreach (var required in new[] { "archive", "executable", "filename", "structured" })
                properties.ShouldContain($"bsi:component:{required}", name);
        }

        var package = CycloneDx.GetProperty("components").EnumerateArray().Single(component => component.GetProperty("name").GetString() == "Newtonsoft.Json");
        package.GetProperty("hashes")[0].GetProperty("alg").GetString().ShouldBe("SHA-512");
        package.GetProperty("licenses")[0].GetProperty("license").GetProperty("id").GetString().ShouldBe("MIT");
        package.GetProperty("evidence").GetProperty("occurrences").EnumerateArray().Select(one => one.GetProperty("location").GetString()).ShouldBe(["/app/Newtonsoft.Json.dll", "/app/de/Newtonsoft.Json.resources.dll"]);
        package.GetProperty("externalReferences").EnumerateArray().Select(reference => reference.GetProperty("type").GetString()).ShouldBe(["distribution", "vcs", "website"]);
    }

    [Fact]
    public void The_application_has_version_and_digest()
    {
        var application = CycloneDx.GetProperty("components").EnumerateArray().Single(component => component.GetProperty("type").GetString() == "application");
        application.GetProperty("version").GetString().ShouldBe("1.4.0");
        application.GetProperty("hashes")[0].GetProperty("content").GetString().ShouldStartWith("cdcd");
        application.GetProperty("externalReferences")[0].GetProperty("comment").GetString().ShouldStartWith("commit 4be1d02");
    }
}
