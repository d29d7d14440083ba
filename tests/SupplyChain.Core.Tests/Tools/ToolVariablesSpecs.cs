using SupplyChain.Core.Scanning;
using SupplyChain.Core.Tools;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Tools;

/// <summary>Each tool gets the variables that it needs, and no other.</summary>
public sealed class ToolVariablesSpecs
{
    private static readonly string[] Build =
    [
        "PATH", "HOME", "LC_ALL", "https_proxy", "SSL_CERT_FILE", "DOCKER_CONFIG", "NUGET_API_KEY", "GITHUB_TOKEN", "GITLAB_TOKEN", "AWS_ACCESS_KEY_ID", "AZURE_CLIENT_SECRET",
        "GOOGLE_APPLICATION_CREDENTIALS", "VAULT_TOKEN", "KUBECONFIG", "MY_KEY", "DOTNET_CONTAINER_PUSH_REGISTRY_PWORD", "COSIGN_PASSWORD", "COSIGN_PKCS11_PIN", "COSIGN_REPOSITORY",
        "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "SOFTHSM2_CONF", "LD_PRELOAD", "TRIVY_SEVERITY",
    ];

    private static readonly string[] CosignAlways = ["PATH", "HOME", "LC_ALL", "https_proxy", "SSL_CERT_FILE", "DOCKER_CONFIG", "COSIGN_REPOSITORY"];

    [Theory]
    [InlineData("cosign.key")]
    [InlineData("C:\\keys\\cosign.key")]
    [InlineData("env://MY_KEY", "MY_KEY")]
    [InlineData("awskms:///alias/release", "AWS_ACCESS_KEY_ID")]
    [InlineData("azurekms://vault/key", "AZURE_CLIENT_SECRET")]
    [InlineData("gcpkms://projects/p", "GOOGLE_APPLICATION_CREDENTIALS")]
    [InlineData("hashivault://release", "VAULT_TOKEN")]
    [InlineData("k8s://ns/secret", "KUBECONFIG")]
    [InlineData("gitlab://group/project", "GITLAB_TOKEN")]
    public void Cosign_gets_what_its_kind_of_key_needs(string key, params string[] more) =>
        Inherited("cosign", "attest-blob", "--key", key, "--yes").ShouldBe([.. CosignAlways, .. more], ignoreOrder: true);

    [Fact]
    public void Cosign_gets_the_identity_of_the_job_when_it_signs_without_a_key_and_not_when_it_verifies()
    {
        Inherited("cosign", "attest-blob", "--yes").ShouldBe(
            [.. CosignAlways, "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GOOGLE_APPLICATION_CREDENTIALS"], ignoreOrder: true);
        Inherited("cosign", "verify-attestation", "image").ShouldBe(CosignAlways, ignoreOrder: true);
        Inherited("cosign", "generate-key-pair").ShouldBe(CosignAlways, ignoreOrder: true);
    }

    [Fact]
    public void The_module_of_a_hardware_key_gets_what_its_maker_thought_of() =>
        Inherited("cosign", "attest-blob", "--key", "pkcs11:token=release").ShouldBe(Build, ignoreOrder: true);

    [Theory]
    [InlineData("trivy")]
    [InlineData("grype")]
    public void A_scanner_gets_no_secret_and_no_way_out(string scanner) => Inherited(scanner, "image").ShouldBe(["PATH", "HOME", "LC_ALL"]);

    [Fact]
    public void Programs_of_the_user_s_own_get_everything() => Inherited("docker", "load").ShouldBe(Build);

    [Fact]
    public void What_a_step_gives_on_top_stands_but_for_secrets_that_the_key_has_no_use_for()
    {
        var given = new Dictionary<string, string?> { ["COSIGN_PASSWORD"] = "secret", ["SIGSTORE_ID_TOKEN"] = "token", ["DOCKER_CONFIG"] = "/work" };

        var changes = ToolVariables.Changes(Invocation("cosign", "attest-blob", "--key", "cosign.key") with { Environment = given }, Build);

        (changes["COSIGN_PASSWORD"], changes["SIGSTORE_ID_TOKEN"], changes["DOCKER_CONFIG"]).ShouldBe(("secret", null, "/work"));
        ToolVariables.Changes(Invocation("cosign", "attest-blob") with { Environment = given }, Build)["SIGSTORE_ID_TOKEN"].ShouldBe("token");
    }

    [Fact]
    public async Task A_process_has_a_temporary_folder_of_its_own_that_is_gone_afterwards()
    {
        using var folder = new TestFolder();
        var program = folder.File("trivy");
        await File.WriteAllTextAsync(program, "#!/bin/sh\necho \"$TMPDIR\"; stat -c %a \"$TMPDIR\"; touch \"$TMPDIR/left\"; cat\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var result = await new ToolRunner().RunAsync(new ToolInvocation(new Tool("trivy", program, "a test"), []) { StandardInput = Task.FromResult<ReadOnlyMemory<byte>>("by standard input"u8.ToArray()) }, TestContext.Current.CancellationToken);

        var lines = result.StandardOutput.Split('\n');
        lines[0].ShouldStartWith(Path.Combine(Path.GetTempPath(), "supplychain-"));
        lines[1..].ShouldBe(["700", "by standard input"]);
        Directory.Exists(lines[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task What_the_scanner_says_is_masked_before_anybody_reads_it()
    {
        var given = new Dictionary<string, string?> { ["TRIVY_PASSWORD"] = "geheim-1", ["TRIVY_REGISTRY_TOKEN"] = "geheim-2", ["TRIVY_USERNAME"] = "ada" };
        var trivy = new TrivyProcess(new Chatterbox(), new Tool("trivy", "/usr/bin/trivy", "PATH"), "/");

        var result = await trivy.RunAsync([], given, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        TrivyProcess.LastWords(result).ShouldBe("401 for ada:*** (***)");
    }

    private sealed class Chatterbox : IToolRunner
    {
        public Task<ToolResult> RunAsync(ToolInvocation invocation, CancellationToken cancellationToken) =>
            Task.FromResult(new ToolResult(1, "", "401 for ada:geheim-1 (geheim-2)", TimeSpan.Zero));
    }

    private static IEnumerable<string> Inherited(string tool, params string[] arguments)
    {
        var changes = ToolVariables.Changes(Invocation(tool, arguments), Build);
        changes.Values.ShouldAllBe(value => value == null);
        return Build.Where(name => !changes.ContainsKey(name)).ToList();
    }

    private static ToolInvocation Invocation(string tool, params string[] arguments) => new(new Tool(tool, $"/usr/bin/{tool}", "PATH"), arguments);
}
