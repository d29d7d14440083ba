using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Whoever does not publish a container gets nothing of the package: no target and no task of it runs.</summary>
[Trait("Category", "Slow")]
public sealed class UntouchedSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dotnet_build_runs_nothing_of_the_package() => await Untouched(workshop.Project(), "build");

    [Fact]
    public async Task Dotnet_publish_without_the_container_target_runs_nothing_of_the_package() => await Untouched(workshop.Project(), "publish");

    [Fact]
    public async Task A_design_time_build_runs_nothing_of_the_package() => await Untouched(
        workshop.Project(),
        "msbuild",
        "-p:DesignTimeBuild=true;BuildingInsideVisualStudio=true;SkipCompilerExecution=true;ProvideCommandLineArgs=true;BuildProjectReferences=false",
        "-t:ResolveAssemblyReferencesDesignTime;ResolveProjectReferencesDesignTime;ResolvePackageDependenciesDesignTime;Compile;CoreCompile");

    [Fact]
    public async Task A_class_library_is_untouched_whatever_it_is_asked_for()
    {
        var library = workshop.NewProject(name: "Library");
        library.WriteProject("<OutputType>Library</OutputType>").Write("Program.cs", "public class Greeting;");
        await Untouched(library, "build");
        await Untouched(library, "publish", "--no-restore");
        await Untouched(library, "publish", "--no-restore", "/t:PublishContainer");
        await Untouched(library, "publish", "--no-restore", "/t:PublishContainer", "-p:ContainerRegistry=localhost:1", "-p:SupplyChainSeverityThreshold=nonsense");
    }

    [Fact]
    public async Task With_SupplyChainEnabled_false_the_SDK_pushes_by_itself()
    {
        var run = await Untouched(workshop.Project(), ["publish", "/t:PublishContainer", .. workshop.To("disabled"), "-p:SupplyChainEnabled=false"]);
        run.Output.ShouldContain($"Pushed image 'disabled:1.4.0' to registry '{workshop.Registry.Host}'");
        (await Workshop.RunAsync("crane", "ls", $"{workshop.Registry.Host}/disabled")).StandardOutput.Trim().ShouldBe("1.4.0");
    }

    /// <summary>The other tests of this class mean nothing if this look into a log did not see what runs.</summary>
    [Fact]
    public async Task What_a_publish_runs_is_seen_in_its_log()
    {
        var project = workshop.Project();
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainScan=false"])).Succeeded();

        // Unscanned, the system's packages are listed all the same.
        File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/sbom.cdx.json")).ShouldContain("pkg:deb/debian/zlib1g@");
        run.Output.ShouldNotContain("SCB2001");
        Directory.GetFiles(project.Path("bin/Release/net10.0/supply-chain"), "scan*").ShouldBeEmpty();
        var ours = new Binlog(project.Path("publish.binlog")).Ours.ToList();
        ours.ShouldContain("SupplyChainPreparePublish");
        ours.ShouldContain("SupplyChain.Build.Tasks.OpenImage");
    }

    private static async Task<DotnetRun> Untouched(TestProject project, params string[] command)
    {
        var run = (await project.DotnetAsync(Cancellation, [command[0], project.ProjectFile, "-bl:run.binlog", .. command[1..]])).Succeeded();
        new Binlog(project.Path("run.binlog")).Ours.ShouldBeEmpty();
        run.Output.ShouldNotContain("supply chain:");
        run.Output.ShouldNotContain("SCB");
        Directory.Exists(project.Path("obj/Release/net10.0/supply-chain")).ShouldBeFalse();
        return run;
    }
}
