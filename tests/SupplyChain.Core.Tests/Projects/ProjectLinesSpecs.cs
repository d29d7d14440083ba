using SupplyChain.Core.Projects;

namespace SupplyChain.Core.Tests.Projects;

public sealed class ProjectLinesSpecs : IDisposable
{
    private readonly AssetsText _assets = new();

    [Fact]
    public async Task The_version_of_a_reference_is_found_where_it_stands()
    {
        _assets.Write("App.csproj", """
            <Project>
              <ItemGroup>
                <PackageReference Include="Other;contoso.CORE"
                                  Version="1.0.0" />
              </ItemGroup>
            </Project>
            """);
        await ExpectAsync("App.csproj", 4);
    }

    [Fact]
    public async Task A_version_may_stand_in_an_element_of_its_own()
    {
        _assets.Write("App.csproj", """
            <Project>
              <ItemGroup>
                <PackageReference Include="Contoso.Core">
                  <PrivateAssets>none</PrivateAssets>
                  <Version>1.0.0</Version>
                </PackageReference>
              </ItemGroup>
            </Project>
            """);
        await ExpectAsync("App.csproj", 5);
    }

    [Fact]
    public async Task Of_conditional_references_the_one_that_took_effect_is_named()
    {
        _assets.Write("App.csproj", """
            <Project>
              <ItemGroup Condition="'$(TargetFramework)' == 'net8.0'"><PackageReference Include="Contoso.Core" Version="0.9.0" /></ItemGroup>
              <ItemGroup Condition="'$(TargetFramework)' == 'net10.0'"><PackageReference Include="Contoso.Core" Version="1.0.0" /></ItemGroup>
            </Project>
            """);
        await ExpectAsync("App.csproj", 3);
    }

    [Fact]
    public async Task With_central_package_management_the_central_line_is_named()
    {
        _assets.Write("App.csproj", """<Project><ItemGroup><PackageReference Include="Contoso.Core" /></ItemGroup></Project>""");
        _assets.Write("Directory.Packages.props", """
            <Project>
              <ItemGroup>
                <PackageVersion Include="Contoso.Core" Version="1.0.0" />
              </ItemGroup>
            </Project>
            """);
        await ExpectAsync("Directory.Packages.props", 3);
    }

    [Fact]
    public async Task A_version_override_precedes_the_central_line()
    {
        _assets.Write("App.csproj", "<Project><ItemGroup>\n<PackageReference Include=\"Contoso.Core\" VersionOverride=\"1.0.0\" /></ItemGroup></Project>");
        _assets.Write("Directory.Packages.props", """<Project><ItemGroup><PackageVersion Include="Contoso.Core" Version="0.9.0" /></ItemGroup></Project>""");
        await ExpectAsync("App.csproj", 2);
    }

    [Fact]
    public async Task A_global_reference_is_a_reference_with_a_version()
    {
        _assets.Write("App.csproj", "<Project />");
        _assets.Write("Directory.Packages.props", "<Project>\n<ItemGroup>\n<GlobalPackageReference Include=\"Contoso.Core\" Version=\"1.0.0\" />\n</ItemGroup>\n</Project>");
        await ExpectAsync("Directory.Packages.props", 3);
    }

    [Fact]
    public async Task A_version_in_a_property_leads_to_the_property()
    {
        _assets.Write("App.csproj", """<Project><ItemGroup><PackageReference Include="Contoso.Core" Version="$(ContosoVersion)" /></ItemGroup></Project>""");
        _assets.Write("Directory.Build.props", "<Project>\n<PropertyGroup>\n<ContosoVersion>1.0.0</ContosoVersion>\n</PropertyGroup>\n</Project>");
        await ExpectAsync("Directory.Build.props", 3);
    }

    [Fact]
    public async Task Files_that_are_imported_by_a_plain_path_take_part()
    {
        _assets.Write("App.csproj", """<Project><Import Project="$(MSBuildThisFileDirectory)eng\Packages.props" /></Project>""");
        _assets.Write("eng/Packages.props", """<Project><Import Project="More.props" /></Project>""");
        _assets.Write("eng/More.props", "<Project>\n\n<ItemGroup><PackageReference Update=\"Contoso.Core\" Version=\"1.0.0\" /></ItemGroup></Project>");
        await ExpectAsync("eng/More.props", 3);
    }

    [Fact]
    public async Task A_package_that_a_project_brings_in_leads_to_that_projects_line()
    {
        _assets.Write("App.csproj", """<Project><ItemGroup><ProjectReference Include="lib/Lib.csproj" /></ItemGroup></Project>""");
        _assets.Write("lib/Lib.csproj", "<Project>\n<ItemGroup>\n<PackageReference Include=\"Contoso.Core\" Version=\"1.0.0\" />\n</ItemGroup>\n</Project>");
        _assets.Targets = """
            {"net10.0": {
              "Lib/1.0.0": {"type": "project", "dependencies": {"Contoso.Core": "1.0.0"}},
              "Contoso.Core/1.0.0": {"type": "package", "dependencies": {"Contoso.Deep": "3.0.0"}, "runtime": {"lib/net10.0/a.dll": {}}},
              "Contoso.Deep/3.0.0": {"type": "package", "runtime": {"lib/net10.0/b.dll": {}}}}}
            """;
        _assets.Libraries = """{"Lib/1.0.0": {"type": "project", "path": "lib/Lib.csproj", "msbuildProject": "lib/Lib.csproj"}}""";
        _assets.Groups = """{"net10.0": ["Lib >= 1.0.0"]}""";
        _assets.Dependencies = "{}";
        var packages = (await _assets.ReadAsync()).Packages;
        packages.Select(package => package.ReferencedAt).ShouldAllBe(line => line == new SourceLine(_assets.File("lib/Lib.csproj"), 3));
        packages[1].Path.ShouldBe(["Lib", "Contoso.Core", "Contoso.Deep"]);
    }

    [Theory]
    [InlineData("<Project />")]
    [InlineData("<Project><ItemGroup><PackageReference Include=")]
    [InlineData("""<!DOCTYPE x [<!ENTITY a "b">]><Project />""")]
    [InlineData("""<Project><Import Project="App.csproj" /><Import Project="../../../../../../../../dev/zero" /></Project>""")]
    public async Task What_is_not_found_is_unknown(string project)
    {
        _assets.Write("App.csproj", project);
        (await _assets.ReadAsync()).Packages.ShouldHaveSingleItem().ReferencedAt.ShouldBeNull();
    }

    public void Dispose() => _assets.Dispose();

    private async Task ExpectAsync(string file, int line) =>
        (await _assets.ReadAsync()).Packages.ShouldHaveSingleItem().ReferencedAt.ShouldBe(new SourceLine(_assets.File(file), line));
}
