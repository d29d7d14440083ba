using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>Publishing on a machine that has only the .NET SDK. The real tools come from a mirror on loopback, under pins of the test's own.</summary>
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
