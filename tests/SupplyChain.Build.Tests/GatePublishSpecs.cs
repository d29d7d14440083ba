using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>What a developer sees of the gate. One publish shows many things, because each takes seconds.</summary>
public sealed class GatePublishSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_vulnerable_sample_is_stopped_with_line_way_and_bump_and_following_one_bump_lets_it_pass()
    {
        var project = workshop.NewProject(name: "VulnerableApi");
        var sample = Path.Combine(Toolchain.RepositoryRoot, "samples", "VulnerableApi");
        project.Write("VulnerableApi.csproj", File.ReadAllText(Path.Combine(sample, "VulnerableApi.csproj"))).Write("Program.cs", File.ReadAllText(Path.Combine(sample, "Program.cs")));
        project.WriteTargets("""
            <ItemGroup>
              <SupplyChainWaiver Include="CVE-2025-69720" Expires="2099-12-31" Reason="no terminal in the image" Owner="team-a" />
              <SupplyChainWaiver Include="CVE-2001-0001" Expires="2099-12-31" Reason="gone" />
            </ItemGroup>
            """);
        // With the next stricter threshold both packages block.
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=High", "-p:SupplyChainIgnoreUnfixed=false"])).Failed();

        var lines = File.ReadAllLines(project.ProjectFile).ToList();
        int Line(string text) => lines.FindIndex(line => line.Contains(text, StringComparison.Ordinal)) + 1;
        var jsonLine = Line("\"Newtonsoft.Json\"");
        run.Output.ShouldContain($"VulnerableApi.csproj({jsonLine}): error SCB3501: Newtonsoft.Json 12.0.3 has CVE-2024-21907 (High)");
        run.Output.ShouldContain("Raise the PackageReference to 13.0.1 or later.");
        run.Output.ShouldContain($"VulnerableApi.csproj({Line("ConfigurationManager\"")}): error SCB3501: System.Drawing.Common 4.7.0 has CVE-2021-24112 (Critical)");
        run.Output.ShouldContain("brought in by System.Configuration.ConfigurationManager 4.7.0 → System.Security.Permissions → System.Windows.Extensions → System.Drawing.Common.");
        const string Pin = """<PackageReference Include="System.Drawing.Common" Version="4.7.2" />""";
        run.Output.ShouldContain($"pin it: {Pin}");
        run.Output.ShouldNotContain("error SCB3502");
        run.Output.ShouldContain("waived");
        run.Output.ShouldContain("Directory.Build.targets(3): warning SCB3503: the waiver for CVE-2001-0001");
        run.Output.ShouldContain("error SCB3500: 1 critical and 1 high finding at or above threshold High; nothing was pushed.");

        run.Output.ShouldContain("Report: bin/Release/net10.0/supply-chain/report.html");
        File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/report.html")).ShouldContain("<strong>Stopped</strong> vulnerable-api");
        File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/report.md")).ShouldContain($"VulnerableApi.csproj:{jsonLine}");
        using var sarif = JsonDocument.Parse(File.ReadAllText(project.Path("bin/Release/net10.0/supply-chain/scan.sarif")));
        sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().ShouldContain(result =>
            result.GetProperty("ruleId").GetString() == "CVE-2024-21907"
            && result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region").GetProperty("startLine").GetInt32() == jsonLine);

        // One bump, as the message writes it, and nothing else: with the sample's own threshold that is enough.
        project.Write("VulnerableApi.csproj", File.ReadAllText(project.ProjectFile).Replace("<PackageReference Include=\"Newtonsoft", $"{Pin}<PackageReference Include=\"Newtonsoft", StringComparison.Ordinal));
        var again = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Succeeded();
        again.Output.ShouldContain("0 critical, ");
        again.Output.ShouldContain("threshold Critical");
    }

    [Fact]
    public async Task A_waiver_without_a_reason_stops_before_the_image_is_built()
    {
        var project = workshop.Project();
        project.WriteTargets("""<ItemGroup><SupplyChainWaiver Include="CVE-2024-21907" Expires="2099-12-31" /></ItemGroup>""");
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage])).Failed();
        run.Output.ShouldContain("Directory.Build.targets(1): error SCB3505: the waiver for CVE-2024-21907 cannot be used: it has no Reason.");
        run.Output.ShouldNotContain("Building image");
    }

    [Fact]
    public async Task Packages_that_the_runtime_supplies_do_not_block_in_a_single_file_either_and_a_published_key_does()
    {
        var project = workshop.Project();
        project.WriteProject("<PublishSingleFile>true</PublishSingleFile><RuntimeIdentifier>linux-x64</RuntimeIdentifier><SelfContained>false</SelfContained>", """
            <PackageReference Include="System.Text.RegularExpressions" Version="4.3.0" NoWarn="NU1510" />
            <Content Include="settings.txt" CopyToPublishDirectory="Always" ExcludeFromSingleFile="true" />
            """);
        project.Write("settings.txt", $"key = {"AKIA" + "IOSFODNN7EXAMPLQ"}\n");
        var run = (await project.PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainSeverityThreshold=High", "-p:SupplyChainIgnoreUnfixed=true"])).Failed();
        run.Output.ShouldNotContain("error SCB3501");
        run.Output.ShouldContain("error SCB3508: /app/settings.txt, line 1 in the image holds a secret: rule aws-access-key-id");
        run.Output.ShouldNotContain("AKIA");
    }
}
