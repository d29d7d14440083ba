using SupplyChain.Core.Sboms;

namespace SupplyChain.Core.Tests.Sboms;

/// <summary>What the NTIA's minimum elements (2021, section IV) and BSI TR-03183-2 (2.0, section 5.2) demand of every bill of materials.</summary>
public sealed class RequiredFieldsSpecs
{
    private static readonly Sbom Sbom = SbomBuilder.Build(SampleSbom.Inventory, SampleSbom.Listing, SampleSbom.Context);
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

    /// <summary>
    /// The component's creator (and how to reach it), name, version, file name, dependencies, licence, SHA-512, and whether it is executable, an archive, structured. What
    /// is left out is what nobody knows: the databases of Linux distributions have no hash of their packages, and a runtime in the base image is known by its version alone.
    /// </summary>
    [Fact]
    public void Every_component_has_the_fields_of_the_BSI()
    {
        var complete = CycloneDx.GetProperty("compositions").EnumerateArray().Where(one => one.GetProperty("aggregate").GetString() == "complete")
            .SelectMany(one => one.TryGetProperty("dependencies", out var refs) ? refs.EnumerateArray().Select(item => item.GetString()).ToList() : []).ToHashSet();
        foreach (var component in CycloneDx.GetProperty("components").EnumerateArray())
        {
            var (name, reference) = (component.GetProperty("name").GetString()!, component.GetProperty("bom-ref").GetString()!);

            // An operating system and an image are no files: they are told by name, version and, the image, by its digest.
            if (component.GetProperty("type").GetString() is "operating-system" or "container")
                continue;
            var properties = component.GetProperty("properties").EnumerateArray().Select(property => property.GetProperty("name").GetString()).ToList();
            foreach (var required in new[] { "archive", "executable", "filename", "structured" })
                properties.ShouldContain($"bsi:component:{required}", name);
            var fromBase = reference.StartsWith("pkg:deb/", StringComparison.Ordinal) || name.StartsWith("Microsoft.NETCore.App.Runtime", StringComparison.Ordinal);
            if (fromBase || name is "Contoso.Native" or "Contoso.Old" or "Ünïcode.Päckage")
                continue;
            component.GetProperty("hashes").EnumerateArray().ShouldContain(hash => hash.GetProperty("alg").GetString() == "SHA-512", name);
            component.GetProperty("supplier").GetProperty("name").GetString().ShouldNotBeNullOrEmpty(name);
            complete.ShouldContain(reference, name);
            if (!reference.StartsWith("file:", StringComparison.Ordinal))
                component.GetProperty("supplier").GetProperty("url").GetArrayLength().ShouldBe(1, name);
            if (reference.StartsWith("pkg:", StringComparison.Ordinal) || reference.StartsWith("application:", StringComparison.Ordinal))
                component.GetProperty("licenses").GetArrayLength().ShouldBe(1, name);
        }

        CycloneDx.GetProperty("serialNumber").GetString().ShouldStartWith("urn:uuid:");
        var package = CycloneDx.GetProperty("components").EnumerateArray().Single(component => component.GetProperty("name").GetString() == "Newtonsoft.Json");
        package.GetProperty("hashes")[0].GetProperty("alg").GetString().ShouldBe("SHA-512");
        package.GetProperty("licenses")[0].GetProperty("license").GetProperty("id").GetString().ShouldBe("MIT");
        package.GetProperty("evidence").GetProperty("occurrences").EnumerateArray().Select(one => one.GetProperty("location").GetString()).ShouldBe(["/app/Newtonsoft.Json.dll", "/app/de/Newtonsoft.Json.resources.dll"]);
        package.GetProperty("externalReferences").EnumerateArray().Select(reference => reference.GetProperty("type").GetString()).ShouldBe(["distribution", "vcs", "website"]);
    }

    [Fact]
    public void The_other_format_has_them_too()
    {
        var related = Spdx.GetProperty("relationships").EnumerateArray().SelectMany(one => new[] { one.GetProperty("spdxElementId").GetString(), one.GetProperty("relatedSpdxElement").GetString() }).ToHashSet();
        var packages = Spdx.GetProperty("packages").EnumerateArray().ToDictionary(package => package.GetProperty("SPDXID").GetString()!);
        packages.Count.ShouldBe(CycloneDx.GetProperty("components").GetArrayLength() + 2);
        foreach (var (id, package) in packages)
        {
            related.ShouldContain(id);
            foreach (var required in new[] { "name", "versionInfo", "supplier", "licenseDeclared", "downloadLocation", "primaryPackagePurpose" })
                package.GetProperty(required).GetString().ShouldNotBeNullOrEmpty($"{required} of {id}");
        }

        foreach (var name in new[] { "Newtonsoft.Json", "Shop", "Contoso.Orders", "Contoso.Legacy" })
        {
            var package = packages.Values.Single(one => one.GetProperty("name").GetString() == name);
            package.GetProperty("checksums")[0].GetProperty("algorithm").GetString().ShouldBe("SHA512");
            package.GetProperty("packageFileName").GetString().ShouldNotBeNullOrEmpty();
            package.GetProperty("supplier").GetString().ShouldStartWith("Organization: ");
        }
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
