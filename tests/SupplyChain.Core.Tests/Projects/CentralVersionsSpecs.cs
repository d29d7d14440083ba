using SupplyChain.Core.Projects;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Projects;

/// <summary>Central package management with transitive pinning and a global reference, really restored.</summary>
[Trait("Category", "Slow")]
public sealed class CentralVersionsSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Packages_lead_to_the_central_lines()
    {
        Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
              </PropertyGroup>
              <ItemGroup>
                <PackageVersion Include="System.Drawing.Common" Version="4.7.0" />
                <PackageVersion Include="Shouldly" Version="4.2.1" />
                <PackageVersion Include="System.CodeDom" Version="6.0.0" />
                <PackageVersion Include="Newtonsoft.Json" Version="13.0.3" />
                <GlobalPackageReference Include="Microsoft.SourceLink.GitHub" Version="8.0.0" />
              </ItemGroup>
            </Project>
            """);
        Write("src/App/App.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="System.Drawing.Common" />
                <PackageReference Include="Shouldly" />
                <PackageReference Include="Newtonsoft.Json" VersionOverride="12.0.3" />
              </ItemGroup>
            </Project>
            """);
        await ShopProjects.DotnetAsync(_folder.Path, "restore", "src/App");
        var inventory = await ProjectInventoryReader.ReadAsync(
            new ProjectInventoryRequest(_folder.File("src/App/App.csproj"), _folder.File("src/App/obj/project.assets.json"), "net10.0", "App", "1.0.0"),
            TestContext.Current.CancellationToken);

        Line("System.Drawing.Common").ShouldBe(new SourceLine(_folder.File("Directory.Packages.props"), 7));
        Line("Microsoft.Win32.SystemEvents").ShouldBe(Line("System.Drawing.Common"));
        Line("DiffEngine").ShouldBe(new SourceLine(_folder.File("Directory.Packages.props"), 8));

        // Pinned: its own line decides, not that of the reference that brings it in.
        Line("System.CodeDom").ShouldBe(new SourceLine(_folder.File("Directory.Packages.props"), 9));
        Line("Newtonsoft.Json").ShouldBe(new SourceLine(_folder.File("src/App/App.csproj"), 9));
        inventory.Packages.ShouldNotContain(package => package.Id.StartsWith("Microsoft.SourceLink", StringComparison.Ordinal));

        SourceLine? Line(string id) => inventory.Packages.Single(package => package.Id == id).ReferencedAt;
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
        File.WriteAllText(_folder.File(file), text);
    }
}
