namespace SupplyChain.Core.Tests.Projects;

public sealed class ShippedPackagesSpecs : IDisposable
{
    private readonly AssetsText _assets = new();

    [Theory]
    [InlineData("""{"runtime": {"lib/net10.0/a.dll": {}}}""", true)]
    [InlineData("""{"runtime": {"lib/net10.0/_._": {}}}""", false)]
    [InlineData("""{"native": {"runtimes/linux-x64/native/a.so": {}}}""", true)]
    [InlineData("""{"resource": {"lib/net10.0/de/a.resources.dll": {"locale": "de"}}}""", true)]
    [InlineData("""{"runtimeTargets": {"runtimes/win/lib/net10.0/a.dll": {"assetType": "runtime", "rid": "win"}}}""", true)]
    [InlineData("""{"runtimeTargets": {"runtimes/win/lib/net10.0/_._": {"assetType": "runtime", "rid": "win"}}}""", false)]
    [InlineData("""{"contentFiles": {"contentFiles/any/any/a.json": {"buildAction": "None", "copyToOutput": true, "outputPath": "a.json"}}}""", true)]
    [InlineData("""{"contentFiles": {"contentFiles/any/any/a.json": {"buildAction": "None", "copyToOutput": false}}}""", false)]
    [InlineData("""{"contentFiles": {"contentFiles/cs/any/a.cs": {"buildAction": "Compile", "codeLanguage": "cs", "copyToOutput": false}}}""", true)]
    [InlineData("""{"contentFiles": {"contentFiles/any/any/_._": {"buildAction": "None", "copyToOutput": true}}}""", false)]
    [InlineData("""{"compile": {"ref/net10.0/a.dll": {}}}""", false)]
    [InlineData("""{"build": {"build/a.targets": {}}, "buildTransitive": {"buildTransitive/a.targets": {}}}""", false)]
    [InlineData("{}", false)]
    public async Task A_package_ships_when_it_has_something_to_ship(string groups, bool ships)
    {
        _assets.Targets = $$"""{"net10.0": {"Contoso.Core/1.0.0": {{groups.Insert(1, "\"type\": \"package\"" + (groups == "{}" ? "" : ", "))}} } }""";
        (await _assets.ReadAsync()).Packages.Count.ShouldBe(ships ? 1 : 0);
    }

    [Fact]
    public async Task A_private_reference_does_not_ship_nor_what_only_it_brings_in()
    {
        _assets.Targets = """
            {"net10.0": {
              "Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Shared": "1.0.0"}, "runtime": {"lib/net10.0/a.dll": {}}},
              "Contoso.Tool/1.0.0": {"type": "package", "dependencies": {"Contoso.Shared": "1.0.0", "Contoso.OnlyTool": "1.0.0"}, "runtime": {"lib/net10.0/b.dll": {}}},
              "Contoso.OnlyTool/1.0.0": {"type": "package", "runtime": {"lib/net10.0/c.dll": {}}},
              "Contoso.Shared/1.0.0": {"type": "package", "runtime": {"lib/net10.0/d.dll": {}}}}}
            """;
        _assets.Groups = """{"net10.0": ["Contoso.Core >= 1.0.0", "contoso.tool >= 1.0.0"]}""";
        _assets.Dependencies = """{"Contoso.Core": {"version": "[1.0.0, )"}, "contoso.tool": {"suppressParent": "All", "version": "[1.0.0, )"}}""";
        var inventory = await _assets.ReadAsync();
        inventory.Packages.Select(package => package.Id).ShouldBe(["Contoso.Core", "Contoso.Shared"]);
        inventory.Packages[1].Path.ShouldBe(["Contoso.Core", "Contoso.Shared"]);
    }

    [Fact]
    public async Task Source_code_of_a_private_reference_ships_inside_the_assembly()
    {
        _assets.Targets = """{"net10.0": {"Contoso.Core/1.0.0": {"type": "package", "contentFiles": {"contentFiles/cs/any/a.cs": {"buildAction": "Compile"}}}}}""";
        _assets.Dependencies = """{"Contoso.Core": {"suppressParent": "All", "version": "[1.0.0, )"}}""";
        var package = (await _assets.ReadAsync()).Packages.ShouldHaveSingleItem();
        package.IsDirect.ShouldBeTrue();
        package.Path.ShouldBe(["Contoso.Core"]);
    }

    [Fact]
    public async Task A_package_of_nothing_but_dependencies_stays_in_the_path_and_leaves_the_graph()
    {
        _assets.Targets = """
            {"net10.0": {
              "Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Data": "2.0.0"}},
              "Contoso.Data/2.0.0": {"type": "package", "runtime": {"lib/net10.0/a.dll": {}}}}}
            """;
        var inventory = await _assets.ReadAsync();
        inventory.Dependencies.ShouldBe(["Contoso.Data"]);
        var package = inventory.Packages.ShouldHaveSingleItem();
        package.IsDirect.ShouldBeFalse();
        package.Path.ShouldBe(["Contoso.Core", "Contoso.Data"]);
        package.ReferencedAt.ShouldNotBeNull().Line.ShouldBe(1);
    }

    [Fact]
    public async Task Two_runtime_identifiers_may_bring_two_versions_of_a_package()
    {
        _assets.Targets = """
            {"net10.0/linux-x64": {"Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Native": "1.0.0"}}, "Contoso.Native/1.0.0": {"type": "package", "native": {"a.so": {}}}},
             "net10.0/linux-arm64": {"Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Native": "1.0.0"}}, "Contoso.Native/1.1.0": {"type": "package", "native": {"a.so": {}}}}}
            """;
        var inventory = await _assets.ReadAsync("linux-x64", "linux-arm64");
        inventory.Packages.Select(package => package.Purl).ShouldBe(["pkg:nuget/Contoso.Native@1.0.0", "pkg:nuget/Contoso.Native@1.1.0"]);
    }

    [Fact]
    public async Task A_runtime_identifier_without_a_target_of_its_own_takes_the_portable_one() => (await _assets.ReadAsync("linux-musl-x64")).Packages.Count.ShouldBe(1);

    [Theory]
    [InlineData(".NETCoreApp,Version=v10.0")]
    [InlineData("NET10.0")]
    public async Task A_target_may_have_its_long_name_or_another_case(string name)
    {
        _assets.Targets = _assets.Targets.Replace("net10.0\": {\"Contoso", $"{name}\": {{\"Contoso", StringComparison.Ordinal);
        _assets.Groups = _assets.Groups.Replace("net10.0", name, StringComparison.Ordinal);
        (await _assets.ReadAsync()).Packages.ShouldHaveSingleItem().IsDirect.ShouldBeTrue();
    }

    public void Dispose() => _assets.Dispose();
}
