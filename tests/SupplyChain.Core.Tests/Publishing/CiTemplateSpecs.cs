using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Publishing;

/// <summary>The templates under samples/ci: valid for their systems, and their shell parts run; the one program they call is dotnet.</summary>
[Trait("Category", "Slow")]
public sealed class CiTemplateSpecs : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Template(string name) => Path.Combine(Toolchain.RepositoryRoot, "samples/ci", name);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_workflow_of_GitHub_Actions_is_valid_and_its_steps_publish_without_a_key()
    {
        (await NodeAsync("github", Template("github-actions.yml"))).ShouldBe((0, ""));
        // The check finds what it should.
        File.WriteAllText(_folder.File("broken.yml"), File.ReadAllText(Template("github-actions.yml")).Replace("runs-on:", "run-on:", StringComparison.Ordinal));
        (await NodeAsync("github", _folder.File("broken.yml"))).ExitCode.ShouldBe(1);

        var job = (await PolicyEngines.ReadAsync(Template("github-actions.yml"), Token))[0]["jobs"]!["publish"]!;
        ((string)job["permissions"]!["id-token"]!).ShouldBe("write");
        var steps = job["steps"]!.AsArray().Where(step => step!["run"] is not null).ToList();
        var (gate, publish) = (await RunAsync((string)steps[0]!["run"]!, GitHub), await RunAsync((string)steps[1]!["run"]!, GitHub));

        gate.ShouldBe(["publish", "src/HelloApi/HelloApi.csproj", "/t:PublishContainer", "-p:SupplyChainOutputPath=/work space/supply-chain/", "-p:SupplyChainPush=false"]);
        publish.ShouldBe(["publish", "src/HelloApi/HelloApi.csproj", "/t:PublishContainer", "-p:SupplyChainOutputPath=/work space/supply-chain/", "-p:ContainerRegistry=ghcr.io", "-p:ContainerRepository=contoso/hello-api", "-p:ContainerImageTag=1.4.0"]);
    }

    [Fact]
    public async Task The_pipeline_of_GitLab_fits_GitLabs_schema_and_its_scripts_publish_without_a_key()
    {
        var text = File.ReadAllText(Template("gitlab-ci.yml"));
        foreach (var command in new[] { "init -q .", "remote add origin git@gitlab.example.com:contoso/hello-api.git", "-c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x" })
            await Cli.Wrap("git").WithArguments(command).WithWorkingDirectory(_folder.Path).ExecuteAsync(Token);
        File.WriteAllText(_folder.File(".gitlab-ci.yml"), text);
        var listed = await NodeAsync("gitlab", _folder.Path, "--variable", "CI_COMMIT_TAG=v1.4.0");
        listed.ExitCode.ShouldBe(0, listed.Output);
        listed.Output.ShouldContain("json schema validated");
        listed.Output.ShouldContain("publish               publish");
        File.WriteAllText(_folder.File(".gitlab-ci.yml"), text.Replace("when: always", "when: never-ever", StringComparison.Ordinal));
        (await NodeAsync("gitlab", _folder.Path)).ExitCode.ShouldNotBe(0);

        var pipeline = (await PolicyEngines.ReadAsync(Template("gitlab-ci.yml"), Token))[0];
        ((string)pipeline["publish"]!["id_tokens"]!["SIGSTORE_ID_TOKEN"]!["aud"]!).ShouldBe("sigstore");
        var script = string.Join('\n', pipeline["publish"]!["script"]!.AsArray().Select(line => (string)line!));
        (await RunAsync(script, new() { ["CI_REGISTRY"] = "registry.gitlab.com", ["CI_REGISTRY_IMAGE"] = "registry.gitlab.com/contoso/hello-api", ["CI_COMMIT_TAG"] = "v1.4.0", ["CI_REGISTRY_USER"] = "ci", ["CI_REGISTRY_PASSWORD"] = "secret" }))
            .ShouldBe(["publish", "src/HelloApi/HelloApi.csproj", "/t:PublishContainer", "-p:SupplyChainOutputPath=/work space/supply-chain/", "-p:ContainerRegistry=registry.gitlab.com", "-p:ContainerRepository=contoso/hello-api", "-p:ContainerImageTag=1.4.0"]);
        ((string)pipeline[".publish"]!["artifacts"]!["reports"]!["container_scanning"]!).ShouldBe("supply-chain/gl-container-scanning-report.json");
    }

    [Fact]
    public async Task The_pipeline_of_Azure_is_YAML_with_the_expected_steps_and_its_scripts_publish_with_a_key__without_its_schema_which_cannot_be_had()
    {
        var pipeline = (await PolicyEngines.ReadAsync(Template("azure-pipelines.yml"), Token))[0];
        pipeline.Select(member => member.Key).ShouldBe(["trigger", "pr", "pool", "variables", "steps"]);
        var steps = pipeline["steps"]!.AsArray();
        steps[0]!["task"]!.ToString().ShouldBe("UseDotNet@2");
        var publish = steps[2]!["${{ else }}"]![0]!;
        publish["env"]!.AsObject().Select(variable => variable.Key).ShouldBe(["DOTNET_CONTAINER_PUSH_REGISTRY_UNAME", "DOTNET_CONTAINER_PUSH_REGISTRY_PWORD", "COSIGN_PRIVATE_KEY", "COSIGN_PASSWORD"]);

        (await RunAsync((string)publish["bash"]!, new() { ["BUILD_SOURCEBRANCHNAME"] = "v1.4.0" }))
            .ShouldBe(["publish", "src/HelloApi/HelloApi.csproj", "/t:PublishContainer", "-p:SupplyChainOutputPath=/work space/supply-chain/", "-p:ContainerRegistry=contoso.azurecr.io", "-p:ContainerRepository=hello-api", "-p:ContainerImageTag=1.4.0", "-p:SupplyChainSigningKey=env://COSIGN_PRIVATE_KEY"]);
        (await RunAsync((string)steps[1]!.AsObject().Single().Value![0]!["bash"]!, [])).ShouldContain("-p:SupplyChainPush=false");
    }

    private static Dictionary<string, string?> GitHub => new() { ["GITHUB_REPOSITORY"] = "Contoso/Hello-Api", ["GITHUB_REF_NAME"] = "v1.4.0" };

    /// <summary>Runs a script as the system does, with a dotnet that says what it is asked.</summary>
    private async Task<IReadOnlyList<string>> RunAsync(string script, Dictionary<string, string?> environment)
    {
        Directory.CreateDirectory(_folder.File("bin"));
        File.WriteAllText(_folder.File("bin/dotnet"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File("bin/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        environment["PATH"] = $"{_folder.File("bin")}:/usr/bin:/bin";
        environment["PROJECT"] = "src/HelloApi/HelloApi.csproj";
        environment["EVIDENCE"] = "/work space/supply-chain/";
        var result = await Cli.Wrap("bash").WithArguments(["-euo", "pipefail", "-c", script]).WithEnvironmentVariables(environment).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        result.ExitCode.ShouldBe(0, result.StandardError);
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<(int ExitCode, string Output)> NodeAsync(params string[] arguments)
    {
        var result = await Cli.Wrap("node").WithArguments([Path.Combine(Toolchain.RepositoryRoot, "tests/toolchain/ci.mjs"), .. arguments]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        return (result.ExitCode, result.StandardOutput + result.StandardError);
    }
}
