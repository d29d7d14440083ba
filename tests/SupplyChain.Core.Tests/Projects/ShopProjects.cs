using System.Text;
using CliWrap;
using SupplyChain.Core.Projects;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Projects;

/// <summary>
/// A small application with a referenced project, really restored and really published, once for all tests that look at it: packages of every
/// kind (direct, transitive, through a project, for development only, private, supplied by the runtime, of nothing but placeholders).
/// </summary>
public sealed class ShopProjects : IAsyncLifetime
{
    private readonly TestFolder _folder = new();

    public string ProjectFile => _folder.File("Shop/Shop.csproj");

    public string AssetsFile => _folder.File("Shop/obj/project.assets.json");

    public string LibraryFile => _folder.File("Contoso.Orders/Contoso.Orders.csproj");

    public string DependencyManifest => _folder.File("out/Shop.deps.json");

    public string PublishedFiles => _folder.File("published.txt");

    public string Published => _folder.File("out");

    internal ProjectInventoryRequest Request => new(ProjectFile, AssetsFile, "net10.0", "Shop", "1.4.0") { RuntimeIdentifiers = ["linux-x64"] };

    public async ValueTask InitializeAsync()
    {
        Write("Contoso.Orders/Contoso.Orders.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Version>2.1.0</Version>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Newtonsoft.Json" Version="12.0.3" />
                <PackageReference Include="CliWrap" Version="3.10.5" PrivateAssets="all" />
              </ItemGroup>
            </Project>
            """);
        Write("Shop/Shop.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
                <RuntimeIdentifiers>linux-x64;linux-arm64</RuntimeIdentifiers>
                <NoWarn>$(NoWarn);NU1510</NoWarn>
                <DrawingVersion>4.7.0</DrawingVersion>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../Contoso.Orders/Contoso.Orders.csproj" />
                <PackageReference Include="System.Drawing.Common" Version="$(DrawingVersion)" />
                <PackageReference Include="System.Text.Json" Version="8.0.5" />
                <PackageReference Include="shouldly">
                  <Version>4.2.1</Version>
                </PackageReference>
                <PackageReference Include="Microsoft.SourceLink.GitHub" Version="8.0.0" PrivateAssets="all" />
                <PackageReference Include="YamlDotNet" Version="18.1.0" PrivateAssets="All" />
              </ItemGroup>
              <Target Name="ListPublishedFiles" AfterTargets="ComputeResolvedFilesToPublishList">
                <WriteLinesToFile File="../published.txt" Overwrite="true"
                                  Lines="@(ResolvedFileToPublish->'%(NuGetPackageId)|%(NuGetPackageVersion)|%(RelativePath)|%(FullPath)')" />
              </Target>
            </Project>
            """);
        Write("Shop/Program.cs", "System.Console.WriteLine(1);");
        await DotnetAsync(_folder.Path, "publish", "Shop", "-r", "linux-x64", "--self-contained", "false", "-o", Published);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
        File.WriteAllText(_folder.File(file), text);
    }

    internal static async Task DotnetAsync(string folder, params string[] arguments)
    {
        var output = new StringBuilder();
        var result = await Cli.Wrap("dotnet").WithArguments([.. arguments, "-p:NuGetAudit=false"]).WithWorkingDirectory(folder)
            .WithEnvironmentVariables(new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["UseSharedCompilation"] = "false" })
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output)).WithStandardErrorPipe(PipeTarget.ToStringBuilder(output))
            .WithValidation(CommandResultValidation.None).ExecuteAsync(TestContext.Current.CancellationToken);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{output}");
    }
}

[CollectionDefinition(nameof(ShopProjects))]
public sealed class ShopCollection : ICollectionFixture<ShopProjects>;
