using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>What the targets themselves say, before any task has run, and what the task boundary says of a fault that nobody expected.</summary>
public sealed class MessageSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task An_SDK_that_is_too_old_is_said_before_a_task_is_loaded() =>
        (await RunAsync("SupplyChainPreparePublish", "-p:NETCoreSdkVersion=9.0.308")).Output.ShouldContain("error SCB0101: SupplyChain.Build needs the .NET SDK 10.0.100 or later; this is 9.0.308");

    [Fact]
    public async Task A_test_project_and_a_format_that_cannot_be_honoured_are_warnings_and_a_misspelt_switch_does_not_switch_off()
    {
        var run = await RunAsync("SupplyChainPreparePublish", "-p:IsTestProject=true", "-p:ContainerImageFormat=Docker", "-p:SupplyChainEnabled=ture", "-p:ContainerRepository=hello");

        run.Output.ShouldContain("warning SCB0104: ");
        run.Output.ShouldContain("warning SCB0106: ");
        run.Output.ShouldContain("error SCB0103: SupplyChainEnabled is 'ture'. Valid values: true, false.");
    }

    [Fact]
    public async Task A_fault_that_nobody_expected_has_a_code_and_no_stack_trace()
    {
        var run = await RunAsync("Fault");

        run.Output.ShouldContain("error SCB9001: GenerateKeyPair met a fault");
        run.Output.ShouldNotContain("   at ");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>No SDK in it: the targets find the few properties that they read.</summary>
    private async Task<DotnetRun> RunAsync(string target, params string[] arguments)
    {
        var build = Path.Combine(Toolchain.RepositoryRoot, "build");
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;
        var tasks = Path.Combine(Toolchain.RepositoryRoot, "src", "SupplyChain.Build", "bin", configuration, "net10.0", "SupplyChain.Build.dll");
        await File.WriteAllTextAsync(_folder.File("Hello.proj"), $"""
            <Project>
              <PropertyGroup>
                <IsPublishable>true</IsPublishable>
                <EnableSdkContainerSupport>true</EnableSdkContainerSupport>
                <NETCoreSdkVersion>10.0.100</NETCoreSdkVersion>
                <OutputPath>bin/</OutputPath>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
                <_SupplyChainTasksAssembly>{tasks}</_SupplyChainTasksAssembly>
              </PropertyGroup>
              <Import Project="{build}/SupplyChain.Build.targets" />
              <!-- A project without a folder cannot be. -->
              <Target Name="Fault">
                <ItemGroup><Setting Include="SupplyChainCosignPath" Value="y" /></ItemGroup>
                <SupplyChain.Build.Tasks.GenerateKeyPair ProjectFile="x" Settings="@(Setting)" />
              </Target>
            </Project>
            """, TestContext.Current.CancellationToken);
        return (await new DotnetCli(_folder.File("home")).RunAsync(_folder.Path, ["msbuild", "Hello.proj", "-nologo", $"-t:{target}", .. arguments], TestContext.Current.CancellationToken)).Failed();
    }
}
