using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Build.Tests;

/// <summary>A publish for verifiers that know nothing but cosign's older layout.</summary>
[Trait("Category", "Slow")]
public sealed class SignatureFormatSpecs(Workshop workshop)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_older_layout_is_verified_by_cosign_2_and_by_cosign_3()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var (_, reference) = await PublishAsync(registry, "Legacy");
        await ShouldVerifyAsync(reference);
    }

    [Fact]
    public async Task Both_layouts_may_lie_in_another_repository_and_are_looked_for_there_alone()
    {
        await using var registry = await DockerRegistry.StartAsync(Cancellation);
        var elsewhere = new Dictionary<string, string?> { ["COSIGN_REPOSITORY"] = $"{registry.Host}/signatures" };
        var (project, reference) = await PublishAsync(registry, "Both", elsewhere);

        await ShouldVerifyAsync(reference, elsewhere);
        (await Workshop.RunAsync("cosign", "verify", "--key", workshop.PublicKey, "--insecure-ignore-tlog=true", reference)).ExitCode.ShouldNotBe(0, "it is not beside the image");
        string[] examine = ["build", project.ProjectFile, "-t:SupplyChainVerifyImage", $"-p:SupplyChainImageReference={reference}", $"-p:SupplyChainVerificationKey={workshop.PublicKey}"];
        (await workshop.Dotnet.RunAsync(project.Directory, examine, Cancellation, elsewhere)).Succeeded().Output.ShouldContain("provenance  ");
        (await workshop.Dotnet.RunAsync(project.Directory, examine, Cancellation)).Failed().Output.ShouldContain("error SCB5801");
    }

    private async Task<(TestProject Project, string Reference)> PublishAsync(DockerRegistry registry, string format, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var project = workshop.Project();
        string[] arguments = [.. workshop.To("older", host: registry.Host), workshop.Signed, $"-p:SupplyChainSignatureFormat={format}"];
        return (project, (await project.PublishAsync(Cancellation, arguments, environment)).Succeeded().Lines[^1].Trim());
    }

    private async Task ShouldVerifyAsync(string reference, IReadOnlyDictionary<string, string?>? environment = null)
    {
        string[] stranger = ["--key", workshop.PublicKey, "--insecure-ignore-tlog=true", reference];
        foreach (var (tool, arguments) in new (string, string[])[] { ("cosign2", ["verify"]), ("cosign2", ["verify-attestation", "--type", "https://slsa.dev/provenance/v1"]), ("cosign", ["verify"]) })
        {
            var result = await Cli.Wrap(Toolchain.Require(tool)).WithArguments([.. arguments, .. stranger]).WithEnvironmentVariables(environment ?? new Dictionary<string, string?>())
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Cancellation);
            result.ExitCode.ShouldBe(0, result.StandardError);
        }
    }
}
