using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Repositories as people have them: solutions, artifacts folders, central versions, odd paths, other project types.</summary>
[Trait("Category", "Slow")]
public sealed class ProjectShapeSpecs(Workshop workshop)
{
    private const string Plain = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_solution_publishes_its_executables_and_leaves_its_libraries_alone()
    {
        var solution = workshop.NewProject();
        solution.Write("src/Greeting/Greeting.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        solution.Write("src/Greeting/Greeting.cs", "public class Greeting;");
        foreach (var name in new[] { "Web", "Worker" })
        {
            var text = File.ReadAllText(solution.ProjectFile).Replace("hello-api", name.ToLowerInvariant(), StringComparison.Ordinal);
            solution.Write($"src/{name}/{name}.csproj", text.Replace("</ItemGroup>", "<ProjectReference Include=\"../Greeting/Greeting.csproj\" /></ItemGroup>", StringComparison.Ordinal));
            solution.Write($"src/{name}/Program.cs", "Console.WriteLine(new Greeting());");
        }
        File.Delete(solution.ProjectFile);
        solution.Write("Some.slnx", """<Solution><Project Path="src/Web/Web.csproj" /><Project Path="src/Worker/Worker.csproj" /><Project Path="src/Greeting/Greeting.csproj" /></Solution>""");
        // A reference for the library too, as Directory.Build.props would give it.
        solution.Write("Directory.Build.props", "<Project><ItemGroup Condition=\"'$(MSBuildProjectName)' == 'Greeting'\"><PackageReference Include=\"SupplyChain.Build\" Version=\"0.1.0\" PrivateAssets=\"all\" /></ItemGroup></Project>");

        var run = (await solution.DotnetAsync(Cancellation, "publish", "Some.slnx", "/t:PublishContainer", workshop.OnBaseImage, "-bl:publish.binlog")).Succeeded();

        run.Lines.Count(line => line.Contains("tagged latest")).ShouldBe(2);
        foreach (var name in new[] { "Web", "Worker" })
            File.ReadAllText(solution.Path($"src/{name}/bin/Release/net10.0/supply-chain/digest.txt")).ShouldStartWith($"{name.ToLowerInvariant()}@sha256:");
        Directory.Exists(solution.Path("src/Greeting/bin/Release/net10.0/supply-chain")).ShouldBeFalse();
        new Binlog(solution.Path("publish.binlog")).Targets.Count(target => target == "SupplyChainPreparePublish").ShouldBe(2);
        run.Lines.Where(line => line.Contains("warning")).ShouldBeEmpty();
    }

    [Fact]
    public async Task With_artifacts_path_everything_is_under_it()
    {
        var project = workshop.NewProject();
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "--artifacts-path", project.Path("all outputs")])).Succeeded();

        File.Exists(project.Path("all outputs/bin/HelloApi/release/supply-chain/digest.txt")).ShouldBeTrue();
        File.Exists(project.Path("all outputs/obj/HelloApi/release/supply-chain/verdict.json")).ShouldBeTrue();
        Directory.Exists(project.Path("obj")).ShouldBeFalse();
        Directory.Exists(project.Path("bin")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_GlobalPackageReference_covers_a_repository_whose_projects_know_nothing_of_the_package()
    {
        var project = workshop.NewProject();
        project.Write("HelloApi.csproj", Plain.Replace("</PropertyGroup>", "<ImplicitUsings>enable</ImplicitUsings></PropertyGroup>", StringComparison.Ordinal));
        project.Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
              <ItemGroup><GlobalPackageReference Include="SupplyChain.Build" Version="0.1.0" /></ItemGroup>
            </Project>
            """);
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();
        run.Output.ShouldContain("supply chain: tagged latest");
        using var sbom = JsonDocument.Parse(File.ReadAllBytes(project.Path("bin/Release/net10.0/supply-chain/sbom.cdx.json")));
        sbom.RootElement.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString())
            .ShouldNotContain("SupplyChain.Build", "a tool of the build does not ship");
    }

    [Fact]
    public async Task A_path_with_spaces_and_other_scripts_works_from_the_archive_to_the_verification()
    {
        var project = workshop.NewProject("Grüße an 世界 & 'Co' 100% [x]");
        var run = (await project.PublishAsync(Cancellation, [.. workshop.To("odd-path"), workshop.Signed, "-p:ContainerArchiveOutputPath=für später/image.tar"])).Succeeded();

        run.Output.ShouldContain($"verified from {workshop.Registry.Host}; tagged 1.4.0");
        File.Exists(project.Path("für später/image.tar")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_publish_profile_does_the_same_as_the_target()
    {
        var project = workshop.NewProject();
        project.WriteProject(sdk: "Microsoft.NET.Sdk.Web").Write("Properties/PublishProfiles/DefaultContainer.pubxml", "<Project><PropertyGroup><WebPublishMethod>Container</WebPublishMethod><PublishProvider>Container</PublishProvider></PropertyGroup></Project>");
        var run = (await project.DotnetAsync(Cancellation, "publish", project.ProjectFile, "-p:PublishProfile=DefaultContainer", workshop.OnBaseImage)).Succeeded();
        run.Output.ShouldContain("supply chain: tagged latest");
    }

    [Fact]
    public async Task A_self_contained_single_file_still_has_its_packages_in_the_SBOM()
    {
        var project = workshop.NewProject();
        project.WriteProject("<RuntimeIdentifier>linux-x64</RuntimeIdentifier><SelfContained>true</SelfContained><PublishSingleFile>true</PublishSingleFile>", """<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />""");
        project.Write("Program.cs", "Console.WriteLine(Newtonsoft.Json.JsonConvert.SerializeObject(1));");
        (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();

        var sbom = File.ReadAllText(project.Path("bin/Release/net10.0/linux-x64/supply-chain/sbom.cdx.json"));
        sbom.ShouldContain("pkg:nuget/Newtonsoft.Json@13.0.3");
    }

    [Fact]
    public async Task Multi_targeting_without_a_framework_is_the_SDKs_own_error_and_with_one_it_works()
    {
        var project = workshop.NewProject();
        project.Write("HelloApi.csproj", File.ReadAllText(project.ProjectFile).Replace("<TargetFramework>net10.0</TargetFramework>", "<TargetFrameworks>net10.0;net9.0</TargetFrameworks>", StringComparison.Ordinal));
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Failed();
        run.Output.ShouldContain("error NETSDK1129");
        run.Output.ShouldNotContain("SCB");
        (await project.DotnetAsync(Cancellation, "publish", "--no-restore", "-f", "net10.0", "/t:PublishContainer", workshop.OnBaseImage)).Succeeded().Output.ShouldContain("supply chain: tagged latest");
    }
}
