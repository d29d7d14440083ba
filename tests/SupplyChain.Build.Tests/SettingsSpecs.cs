using System.Text;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>What is wrong with a setting is said before the image is built, with the valid values.</summary>
[Trait("Category", "Slow")]
public sealed class SettingsSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly string[] Switches =
    [
        "SupplyChainEnabled", "SupplyChainSbom", "SupplyChainScan", "SupplyChainIgnoreUnfixed", "SupplyChainOffline", "SupplyChainPush", "SupplyChainImmutableTags", "SupplyChainVerify",
    ];

    [Fact]
    public async Task Each_setting_with_an_unknown_value_is_refused_before_the_image_is_built()
    {
        IReadOnlyList<(string Name, string ValidValues)> settings =
        [
            .. Switches.Select(name => (name, "true, false")),
            ("SupplyChainSeverityThreshold", "Critical, High, Medium, Low, Unknown, None"),
            ("SupplyChainLoadImage", "auto, true, false"),
            ("SupplyChainSign", "Auto, True, False"),
        ];
        // One process for all: each is a publish of its own all the same.
        var cases = new StringBuilder();
        foreach (var (name, _) in settings)
            cases.Append($"""<Case Include="{name}" />""");
        var project = workshop.Project();
        project.WriteTargets($"""
            <ItemGroup>{cases}</ItemGroup>
            <Target Name="PublishWithEach">
              <MSBuild Projects="$(MSBuildProjectFullPath)" Targets="PublishContainer" Properties="Configuration=Release;%(Case.Identity)=sometimes" ContinueOnError="true" />
            </Target>
            """);
        var run = (await project.DotnetAsync(Cancellation, "msbuild", project.ProjectFile, "-t:PublishWithEach", workshop.OnBaseImage)).Failed();

        foreach (var (name, validValues) in settings)
            run.Output.ShouldContain($"error SCB0103: {name} is 'sometimes'. Valid values: {validValues}.");
        run.Output.ShouldNotContain("Building image");
        run.Output.ShouldNotContain("Pushed image");
        run.Output.ShouldNotContain("SCB9001");
    }

    [Theory]
    [InlineData("-p:SupplyChainSigningKey=missing.key", "error SCB5003: SupplyChainSigningKey is '", "missing.key', and there is no such file")]
    [InlineData("-p:SupplyChainVerificationKey=missing.pub", "error SCB5003: SupplyChainVerificationKey is '", "missing.pub', which cannot be read")]
    [InlineData("-p:SupplyChainCosignPath=missing/cosign", "error SCB7001: SupplyChainCosignPath is '", "and there is no such file")]
    [InlineData("-p:SupplyChainTrivyPath=Program.cs", "error SCB7001: SupplyChainTrivyPath is '", "which is not executable")]
    [InlineData("-p:SupplyChainOutputPath=Program.cs/evidence", "error SCB0108: SupplyChainOutputPath is '", "cannot be written to")]
    [InlineData("-p:NETCoreSdkVersion=9.0.305", "error SCB0101: SupplyChain.Build needs the .NET SDK 10.0.100 or later; this is 9.0.305.", "global.json")]
    public async Task What_would_fail_later_fails_before_the_image_is_built(string setting, string error, string more)
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var run = (await workshop.Project().PublishAsync(Cancellation, [.. workshop.To("early", host: registry.Host), workshop.Signed, setting])).Failed();

        run.Output.ShouldContain(error);
        run.Output.ShouldContain(more);
        run.Output.ShouldNotContain("Building image");
        (await registry.WritesAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tool_that_is_nowhere_and_may_not_be_installed_is_named_with_ways_to_get_it()
    {
        using var empty = new TestFolder();
        var run = (await workshop.Project().PublishAsync(Cancellation, [workshop.OnBaseImage, "-p:SupplyChainOffline=true"], new Dictionary<string, string?> { ["PATH"] = empty.Path })).Failed();

        run.Output.ShouldContain("error SCB7001: trivy is not on PATH and not in ");
        run.Output.ShouldContain("it cannot be installed: SupplyChainOffline=true forbids the download");
        run.Output.ShouldContain("SupplyChainTrivyPath");
    }

    [Theory]
    [InlineData("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----")]
    [InlineData("LS0tLS1CRUdJTiBFTkNSWVBURUQgU0lHU1RPUkUgUFJJVkFURSBLRVktLS0tLQ==")]
    public async Task The_text_of_a_key_in_a_property_is_refused_and_not_repeated(string begin)
    {
        var project = workshop.Project();
        project.WriteTargets($"<PropertyGroup><SupplyChainSigningKey>{begin}\neyJrZGYiOnsibmFtZSI6InNjcnlwdCJ9fQ==\n</SupplyChainSigningKey></PropertyGroup>");
        var run = (await project.PublishAsync(Cancellation, workshop.To("key-text"))).Failed();

        run.Output.ShouldContain("error SCB5004: SupplyChainSigningKey holds the text of a key.");
        run.Output.ShouldContain("env://NAME");
        run.Output.ShouldNotContain("eyJrZGYi");
        run.Output.ShouldNotContain(begin);
    }
}
