namespace SupplyChain.TestKit;

/// <summary>
/// A small application with a bit of everything that decides whether a package ships: central versions, a referenced project with packages of its own,
/// native assets, a package that nothing uses, one that the runtime replaces, and packages for development only. Published in every shape.
/// </summary>
internal sealed class ShapeProject
{
    private readonly TestProject _project;

    /// <param name="packageReference">The reference to SupplyChain.Build; empty: without it.</param>
    public ShapeProject(DotnetCli dotnet, string directory, string packageFeed, string packageReference = """<PackageReference Include="SupplyChain.Build" PrivateAssets="all" />""")
    {
        _project = new TestProject(dotnet, Path.Combine(directory, "app"), packageFeed, "Shop");
        // The runtime packs and compilers of some shapes are large: what the machine has already is not downloaded again.
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var fallback = Directory.Exists(cache) ? $"<RestoreFallbackFolders>{cache}</RestoreFallbackFolders>" : "";
        _project.Write("Directory.Build.props", $"<Project><PropertyGroup><NuGetAudit>false</NuGetAudit>{fallback}</PropertyGroup></Project>");
        _project.Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
              <ItemGroup>
                <PackageVersion Include="SupplyChain.Build" Version="0.1.0" />
                <PackageVersion Include="Newtonsoft.Json" Version="12.0.3" />
                <PackageVersion Include="Humanizer.Core" Version="2.14.1" />
                <PackageVersion Include="Microsoft.Data.Sqlite" Version="8.0.30" />
                <PackageVersion Include="Serilog.Sinks.Console" Version="6.1.1" />
                <PackageVersion Include="System.Text.Json" Version="8.0.5" />
                <PackageVersion Include="StyleCop.Analyzers" Version="1.1.118" />
                <PackageVersion Include="Microsoft.SourceLink.GitHub" Version="8.0.0" />
              </ItemGroup>
            </Project>
            """);
        _project.Write("Shop.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RuntimeIdentifiers>linux-x64;linux-arm64</RuntimeIdentifiers>
                <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
                <ContainerRepository>shop</ContainerRepository>
                <NoWarn>$(NoWarn);NU1510;NU1603;IL2026;IL3050;IL2104;IL3053</NoWarn>
                <RunAnalyzers>false</RunAnalyzers>
              </PropertyGroup>
              <ItemGroup>
                <Compile Include="Program.cs" />
                {packageReference}
                <PackageReference Include="Newtonsoft.Json" />
                <PackageReference Include="Humanizer.Core" />
                <PackageReference Include="Microsoft.Data.Sqlite" />
                <PackageReference Include="System.Text.Json" />
                <PackageReference Include="StyleCop.Analyzers" PrivateAssets="all" />
                <PackageReference Include="Microsoft.SourceLink.GitHub" PrivateAssets="all" />
                <ProjectReference Include="Orders/Orders.csproj" />
                <Reference Include="CliWrap" HintPath="lib/CliWrap.dll" />
              </ItemGroup>
            </Project>
            """);
        // An assembly that comes from no package; nothing uses it, so the trimmer and the native compiler leave it out.
        Directory.CreateDirectory(_project.Path("lib"));
        File.Copy(typeof(CliWrap.Cli).Assembly.Location, _project.Path("lib/CliWrap.dll"), overwrite: true);
        _project.Write("Program.cs", """
            Console.WriteLine(Newtonsoft.Json.Linq.JObject.Parse("{}"));
            Orders.Write();
            if (args.Length > 0)
            {
                using var connection = new Microsoft.Data.Sqlite.SqliteConnection(args[0]);
                connection.Open();
            }
            """);
        _project.Write("Orders/Orders.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><NoWarn>$(NoWarn);NU1603</NoWarn></PropertyGroup>
              <ItemGroup><PackageReference Include="Serilog.Sinks.Console" /></ItemGroup>
            </Project>
            """);
        _project.Write("Orders/Orders.cs", """
            using Serilog;
            public static class Orders
            {
                public static void Write()
                {
                    using var log = new LoggerConfiguration().WriteTo.Console().CreateLogger();
                    log.Information("order");
                }
            }
            """);
    }

    public TestProject Project => _project;

    public string Output(string shape) => _project.Path($"out/{shape}");

    /// <summary>
    /// dotnet publish of one shape, without a container: our target that reads one platform of several runs when these two properties are set as the
    /// SDK sets them in an inner build.
    /// </summary>
    /// <returns>The text of inventory.json; empty when the project does not have the package.</returns>
    public async Task<string> PublishAsync(string shape, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string[] inner = ["-p:ContainerBaseName=base", "-p:ContainerRuntimeIdentifier=linux-x64"];
        (await _project.DotnetAsync(cancellationToken, ["publish", _project.ProjectFile, "-r", "linux-x64", "-o", Output(shape), .. inner, .. arguments])).Succeeded();
        var inventory = _project.Path("obj/supply-chain/Release/net10.0/linux-x64/inventory.json");
        return File.Exists(inventory) ? await File.ReadAllTextAsync(inventory, cancellationToken) : "";
    }
}
