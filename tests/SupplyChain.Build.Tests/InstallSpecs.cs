using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Publishing on a machine that has only the .NET SDK. The real tools come from a mirror on loopback, under pins of the test's own.</summary>
[Trait("Category", "Slow")]
public sealed class InstallSpecs(Workshop workshop) : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_publish_installs_what_is_missing_and_says_where_it_came_from()
    {
        await using var mirror = new ToolMirror();
        var cosign = mirror.PutFile("cosign", "3.1.3", Toolchain.Require("cosign"));
        var trivy = mirror.PutFile("trivy", "0.74.0", ToolMirror.Pack(Toolchain.Require("trivy"), _folder.File("trivy.tar.gz")));
        var project = workshop.Project();
        project.WriteTargets(Pins(cosign, trivy));
        string[] settings = [.. workshop.To("installs"), workshop.Signed, $"-p:SupplyChainToolsSource={mirror.Address}", $"-p:SupplyChainToolsPath={_folder.File("tools")}"];

        var run = (await project.PublishAsync(Cancellation, settings, OnlyTheSdk)).Succeeded();

        run.Output.ShouldContain($"supply chain: installed trivy 0.74.0 from {mirror.Address}aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_Linux-64bit.tar.gz (");
        run.Output.ShouldContain("supply chain: installed cosign 3.1.3 from ");
        run.Output.ShouldContain("verified from ");
        var receipt = await File.ReadAllTextAsync(project.Path("bin/Release/net10.0/supply-chain/receipt.json"), Cancellation);
        receipt.ShouldContain("\"verified\": \"SHA-256 as pinned\"");
        (mirror.Asked(cosign), mirror.Asked(trivy)).ShouldBe((1, 1));

        // Nothing is installed twice, and a program that was exchanged is not run.
        await File.AppendAllTextAsync(new ToolCache(_folder.File("tools")).Program(cosign), "x", Cancellation);
        var again = (await project.PublishAsync(Cancellation, settings, OnlyTheSdk)).Failed();
        again.Output.ShouldContain("error SCB7009: ");
        again.Output.ShouldNotContain("supply chain: installed");
        (mirror.Asked(cosign), mirror.Asked(trivy)).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Eight_builds_at_once_download_each_tool_once_and_explain_shows_what_vouches_for_it()
    {
        await using var mirror = new ToolMirror();
        var cosign = mirror.PutFile("cosign", "3.1.3", Toolchain.Require("cosign"));
        var trivy = mirror.PutFile("trivy", "0.74.0", ToolMirror.Pack(Toolchain.Require("trivy"), _folder.File("trivy.tar.gz")));
        var project = workshop.Project();
        project.WriteTargets(Pins(cosign, trivy));
        string[] settings = [$"-p:SupplyChainToolsSource={mirror.Address}", $"-p:SupplyChainToolsPath={_folder.File("tools")}", "-p:Configuration=Release"];
        Task<DotnetRun> CallAsync(string target) => workshop.Dotnet.RunAsync(project.Directory, ["msbuild", project.ProjectFile, $"-t:{target}", .. settings], Cancellation, OnlyTheSdk);

        var before = (await CallAsync("SupplyChainExplain")).Succeeded();
        before.Output.ShouldContain($"not installed yet, a publish does it: pinned SHA-256 {trivy.Sha256[..8]}… (SupplyChainToolPin)");
        mirror.Calls.ShouldBeEmpty();

        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CallAsync("SupplyChainInstallTools")));

        runs.ShouldAllBe(run => run.ExitCode == 0);
        runs.Sum(run => run.Lines.Count(line => line.Contains("supply chain: installed "))).ShouldBe(2);
        (mirror.Asked(cosign), mirror.Asked(trivy)).ShouldBe((1, 1));
        runs[0].Output.ShouldContain($"supply chain: cosign 3.1.3: {new ToolCache(_folder.File("tools")).Program(cosign)} (pinned release, SHA-256 as pinned)");
        runs[0].Output.ShouldContain("supply chain: vulnerability database of ");
        (await CallAsync("SupplyChainExplain")).Succeeded().Output.ShouldContain($"installed, SHA-256 as pinned: {cosign.Sha256[..8]}… (SupplyChainToolPin)");
    }

    [Fact]
    public async Task A_bundle_made_elsewhere_is_all_that_an_offline_publish_needs()
    {
        await using var mirror = new ToolMirror();
        var cosign = mirror.PutFile("cosign", "3.1.3", Toolchain.Require("cosign"));
        var trivy = mirror.PutFile("trivy", "0.74.0", ToolMirror.Pack(Toolchain.Require("trivy"), _folder.File("trivy.tar.gz")));
        var project = workshop.Project();
        project.WriteTargets(Pins(cosign, trivy));
        string[] bundle = [$"-p:SupplyChainAirGapBundle={_folder.File("bundle.tar")}", "-p:Configuration=Release"];
        var made = (await workshop.Dotnet.RunAsync(
            project.Directory, ["msbuild", project.ProjectFile, "-t:SupplyChainInstallTools", $"-p:SupplyChainToolsSource={mirror.Address}", $"-p:SupplyChainToolsPath={_folder.File("here")}", .. bundle], Cancellation, OnlyTheSdk)).Succeeded();
        made.Output.ShouldContain($"supply chain: bundle written: {_folder.File("bundle.tar")} (");
        var asked = mirror.Calls.Count;

        // Whatever asks for something else than loopback is told by this proxy that it cannot be had.
        var nowhere = new Dictionary<string, string?>(OnlyTheSdk)
        {
            ["HTTPS_PROXY"] = "http://127.0.0.1:9",
            ["HTTP_PROXY"] = "http://127.0.0.1:9",
            ["NO_PROXY"] = "localhost,127.0.0.1",
            ["TRIVY_CACHE_DIR"] = _folder.File("empty"),
        };
        var run = (await project.PublishAsync(
            Cancellation, [.. workshop.To("air-gap"), workshop.Signed, "-p:SupplyChainOffline=true", $"-p:SupplyChainToolsPath={_folder.File("there")}", .. bundle], nowhere)).Succeeded();

        run.Output.ShouldContain($"supply chain: installed trivy 0.74.0 from {_folder.File("bundle.tar")} (");
        run.Output.ShouldContain("verified from ");
        File.Exists(_folder.File("empty/db/trivy.db")).ShouldBeTrue();
        mirror.Calls.Count.ShouldBe(asked);
    }

    public void Dispose() => _folder.Dispose();

    private static string Pins(params IEnumerable<ToolRelease> releases) => $"<ItemGroup>{string.Concat(releases.Select(release =>
        $"""<SupplyChainToolPin Include="{release.Tool}" Version="{release.Version}" Platform="{release.Platform}" Sha256="{release.Sha256}" />"""))}</ItemGroup>";

    /// <summary>PATH as it is where nobody has installed a tool.</summary>
    private static Dictionary<string, string?> OnlyTheSdk => new()
    {
        ["PATH"] = string.Join(Path.PathSeparator, (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(folder => !File.Exists(Path.Combine(folder, "trivy")) && !File.Exists(Path.Combine(folder, "cosign")))),
    };
}
