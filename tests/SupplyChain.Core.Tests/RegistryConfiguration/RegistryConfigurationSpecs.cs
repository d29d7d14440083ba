using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using SupplyChain.Core.ClusterPolicies;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.RegistryConfiguration;
using SupplyChain.Core.Stores;
using SupplyChain.Core.Tests.ClusterPolicies;
using SupplyChain.Core.Tests.Signing;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.RegistryConfiguration;

/// <summary>The configuration around a private registry: run where it can be, checked where it cannot.</summary>
public sealed class RegistryConfigurationSpecs : IDisposable
{
    private static readonly string[] Hosts =
    [
        "registry.example.com/team/hello-api", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/hello-api", "contoso.azurecr.io/team/hello-api",
        "europe-west4-docker.pkg.dev/contoso/team/hello-api", "registry.gitlab.com/contoso/hello-api",
    ];

    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Registries => [.. Hosts];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Distribution_runs_with_its_configuration_and_crane_and_skopeo_with_theirs_pull_through_it()
    {
        await using var upstream = await DockerRegistry.StartAsync(Token);
        using var http = RegistryHttp.CreateClient();
        var image = await SmallImage.WriteAsync(SmallImage.Registry(upstream.Host, "team/app", http));
        var server = RegistryFiles.Of(Plan("registry.example.com/team/hello-api", ("CachedRegistries", $"{upstream.Host}|cache.example.com"), ("SupplyChainRegistryProducts", "Distribution"))).ShouldHaveSingleItem();
        File.WriteAllText(_folder.File("config.yml"), server.Text);
        await using var cache = await DockerRegistry.StartAsync(new DockerRegistryOptions { ConfigurationFile = _folder.File("config.yml"), Storage = _folder.File("storage") }, Token);

        var crane = await RunAsync("crane", "manifest", $"{cache.Host}/team/app@{image.Digest}");
        Digest.Of(System.Text.Encoding.UTF8.GetBytes(crane)).ShouldBe(image.Digest);

        // A name that no DNS knows: what skopeo gets can only have come from the cache.
        var client = RegistryFiles.Of(Plan("registry.example.com/team/hello-api", ("CachedRegistries", $"upstream.example.invalid|{cache.Host}"), ("SupplyChainRegistryProducts", "Podman"))).ShouldHaveSingleItem();
        File.WriteAllText(_folder.File("registries.conf"), client.Text);
        var skopeo = await RunAsync("skopeo", "--registries-conf", _folder.File("registries.conf"), "inspect", "--raw", $"docker://upstream.example.invalid/team/app@{image.Digest}");
        Digest.Of(System.Text.Encoding.UTF8.GetBytes(skopeo)).ShouldBe(image.Digest);
        (await upstream.RequestsAsync(Token)).ShouldContain(request => request.Path == $"/v2/team/app/manifests/{image.Digest}");
        (await cache.RequestsAsync(Token)).Count(request => request.Path == $"/v2/team/app/manifests/{image.Digest}" && request.Method == "GET" && request.Status == 200).ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Registries))]
    public async Task Every_file_is_valid_and_the_same_each_time(string repository)
    {
        var plan = Plan(repository, ("SupplyChainRegistryAddresses", "10.20.0.0/16;2001:db8::/32"), ("SupplyChainMutableTags", "latest;edge-*"));
        var files = RegistryFiles.Of(plan);

        RegistryFiles.Of(plan).ShouldBe(files);
        files.Select(file => file.Name).ShouldBeUnique();
        foreach (var (name, text) in files)
        {
            text.ShouldEndWith("\n");
            text.ShouldNotContain("\r");
            var file = _folder.File(name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            if (name.EndsWith(".json", StringComparison.Ordinal))
                JsonNode.Parse(text).ShouldNotBeNull();
        }
        foreach (var script in files.Where(file => file.Name.EndsWith(".sh", StringComparison.Ordinal)))
            (await Cli.Wrap("sh").WithArguments(["-n", _folder.File(script.Name)]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token)).StandardError.ShouldBeEmpty(script.Name);
        (await PolicyEngines.ErrorsAsync(files.Where(file => file.Name.StartsWith("egress", StringComparison.Ordinal) && file.Name.EndsWith(".yaml", StringComparison.Ordinal)).Select(file => _folder.File(file.Name)), Token)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("latest;edge-*", "application/vnd.oci.image.config.v1+json", true)]
    [InlineData("latest", "application/vnd.dev.sigstore.bundle.v0.3+json", false)]
    public async Task The_commands_for_ECR_make_tags_immutable_but_for_evidence_and_apply_no_rule_that_takes_evidence__with_an_aws_that_only_answers(string mutable, string kind, bool applied)
    {
        var calls = await RunScriptAsync("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/hello-api", "ecr.sh", "aws", $$"""
            case "$*" in
              *get-lifecycle-policy-preview*) echo sha256:one sha256:two ;;
              *describe-images*sha256:two*) echo '{{kind}}' ;;
              *describe-images*) echo application/vnd.oci.image.config.v1+json ;;
            esac
            """, applied ? 0 : 1, ("SupplyChainMutableTags", mutable), ("CachedRegistries", "docker.io|123456789012.dkr.ecr.eu-west-1.amazonaws.com/docker-hub"));

        calls.ShouldContain("--image-tag-mutability IMMUTABLE_WITH_EXCLUSION --image-tag-mutability-exclusion-filters filter=sha256-*,filterType=WILDCARD filter=latest,filterType=WILDCARD");
        calls.ShouldContain("create-pull-through-cache-rule --registry-id 123456789012 --ecr-repository-prefix docker-hub --upstream-registry-url registry-1.docker.io");
        calls.Contains("put-lifecycle-policy", StringComparison.Ordinal).ShouldBe(applied);
    }

    [Fact]
    public async Task The_commands_for_ACR_lock_every_tag_but_evidence_and_those_that_may_move__with_an_az_that_only_answers()
    {
        var calls = await RunScriptAsync("contoso.azurecr.io/team/hello-api", "acr.sh", "az", "case \"$*\" in *show-tags*) printf '%s\\n' 1.4.0 latest edge-1 sha256-abc sha256-abc.sig ;; esac", 0, ("SupplyChainMutableTags", "latest;edge-*"), ("CachedRegistries", "mcr.microsoft.com|contoso.azurecr.io/mcr"));

        calls.Split('\n').Where(call => call.Contains("--write-enabled false", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("--image team/hello-api:1.4.0 ");
        calls.ShouldContain("acr cache create -r contoso -n mcr-microsoft-com -s mcr.microsoft.com/* -t mcr/*");
        calls.ShouldNotContain("UntaggedManifests", customMessage: "bundles have no tag");
    }

    [Fact]
    public async Task The_commands_for_Harbor_Artifact_Registry_and_GitLab_run_to_their_end__with_tools_that_only_answer()
    {
        var harbor = await RunScriptAsync("registry.example.com/team/hello-api", "harbor.sh", "curl", "case \"$*\" in *registries*) echo '[{\"id\":7,\"name\":\"x\"}]' ;; *retentions*) cat > \"$HERE/sent\" ;; *projects/team*) echo '{\"name\":\"team\",\"project_id\":42}' ;; esac", 0);
        harbor.ShouldContain("projects/42/immutabletagrules");
        ((int)JsonNode.Parse(File.ReadAllText(_folder.File("sent")))!["scope"]!["ref"]!).ShouldBe(42);
        (await RunScriptAsync("europe-west4-docker.pkg.dev/contoso/team/hello-api", "artifact-registry.sh", "gcloud", ":", 0)).ShouldContain("--project contoso artifacts repositories set-cleanup-policies team --location europe-west4");
        (await RunScriptAsync("registry.gitlab.com/contoso/hello-api", "gitlab.sh", "curl", ":", 0)).ShouldContain("-X PUT");
    }

    [Theory]
    [InlineData("Bundle", false)]
    [InlineData("Legacy", true)]
    public void A_rule_over_untagged_manifests_stands_only_where_evidence_has_tags_or_goes_with_its_image(string format, bool untagged)
    {
        foreach (var (repository, file) in new[] { (Hosts[3], "artifact-registry-cleanup.json"), (Hosts[2], "acr.sh") })
            RegistryFiles.Of(Plan(repository, ("SupplyChainSignatureFormat", format))).Single(item => item.Name == file).Text.Contains("untagged", StringComparison.OrdinalIgnoreCase).ShouldBe(file == "acr.sh" || untagged, file);
        RegistryFiles.Of(Plan(Hosts[2], ("SupplyChainSignatureFormat", format))).Single(item => item.Name == "acr.sh").Text.Contains("--type UntaggedManifests", StringComparison.Ordinal).ShouldBe(untagged);
        var harbor = JsonNode.Parse(RegistryFiles.Of(Plan(Hosts[0])).Single(item => item.Name == "harbor-retention.json").Text)!;
        harbor["rules"]!.AsArray().Select(rule => (string)rule!["template"]!).ShouldBe(["always", "nDaysSinceLastPush"]);
        ((int)harbor["rules"]![1]!["params"]!["nDaysSinceLastPush"]!).ShouldBe(90);
    }

    [Fact]
    public void Containerd_asks_the_cache_and_nobody_else__without_an_engine_of_its()
    {
        var files = RegistryFiles.Of(Plan(Hosts[0], ("CachedRegistries", "docker.io|registry.example.com/docker-hub;registry.k8s.io:5000|cache.example.com"), ("SupplyChainRegistryProducts", "Containerd")));

        files.Select(file => file.Name).ShouldBe(["containerd/certs.d/docker.io/hosts.toml", "containerd/certs.d/registry.k8s.io_5000_/hosts.toml"]);
        files[0].Text.ShouldEndWith("""
            server = "https://registry.example.com/v2/docker-hub"
            capabilities = ["pull", "resolve"]
            override_path = true

            [host."https://registry.example.com/v2/docker-hub"]
              capabilities = ["pull", "resolve"]
              override_path = true

            """);
        files[1].Text.ShouldNotContain("override_path");
    }

    [Fact]
    public void Rules_for_nodes_are_written_only_with_addresses_since_they_cannot_name_hosts()
    {
        RegistryFiles.Of(Plan(Hosts[0], ("SupplyChainRegistryProducts", "Egress"))).Select(file => file.Name).ShouldBe(["egress-cilium.yaml"]);
        var nft = RegistryFiles.Of(Plan(Hosts[0], ("SupplyChainRegistryProducts", "Egress"), ("SupplyChainRegistryAddresses", "10.20.0.0/16"))).Single(file => file.Name == "egress-nodes.nft").Text;
        nft.ShouldContain("elements = { 10.20.0.0/16 }");
        nft.Count(c => c == '{').ShouldBe(nft.Count(c => c == '}'));
        Egress.Hosts(Plan(Hosts[1])).ShouldBe(["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "api.ecr.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", "fulcio.sigstore.dev", "rekor.sigstore.dev", "tuf-repo-cdn.sigstore.dev"]);
    }

    [Theory]
    [InlineData("SupplyChainRegistryAddresses", "registry.example.com", "which is no address range")]
    [InlineData("SupplyChainRegistryProducts", "Ecr", "its registry is named like 123456789012.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("SupplyChainRegistryProducts", "Acr", "contoso.azurecr.io")]
    [InlineData("SupplyChainRegistryProducts", "ArtifactRegistry", "-docker.pkg.dev")]
    [InlineData("SupplyChainRetentionDays", "0", "would be gone at once")]
    [InlineData("SupplyChainMutableTags", "x'; rm -rf /", "which is no tag")]
    public void A_setting_that_cannot_be_used_is_named(string name, string value, string why)
    {
        var error = Should.Throw<DiagnosticException>(() => Plan(Hosts[0], (name, value)));

        error.Diagnostic.Code.ShouldBe(DiagnosticCodes.RegistryConfigurationUnusable);
        error.Message.ShouldContain(name);
        error.Message.ShouldContain(why);
    }

    /// <summary>Runs a script with a tool that records what it is asked.</summary>
    private async Task<string> RunScriptAsync(string repository, string script, string tool, string answers, int exitCode, params (string Name, string Value)[] settings)
    {
        foreach (var (name, text) in RegistryFiles.Of(Plan(repository, settings)).Where(file => !file.Name.Contains('/')))
            File.WriteAllText(_folder.File(name), text);
        Directory.CreateDirectory(_folder.File("bin"));
        File.WriteAllText(_folder.File($"bin/{tool}"), $"#!/bin/sh\necho \"$*\" >> \"$HERE/calls-{tool}-{script}\"\n{answers}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File($"bin/{tool}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var result = await Cli.Wrap("sh").WithArguments([_folder.File(script)]).WithEnvironmentVariables(new Dictionary<string, string?>
        {
            ["HERE"] = _folder.Path,
            ["PATH"] = $"{_folder.File("bin")}:/usr/bin:/bin",
            ["HARBOR_NETRC"] = "/dev/null",
            ["GITLAB_CURL_CONFIG"] = "/dev/null",
            ["GITLAB_PROJECT"] = "7",
        }).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        result.ExitCode.ShouldBe(exitCode, result.StandardError);
        return File.ReadAllText(_folder.File($"calls-{tool}-{script}"));
    }

    private static RegistryPlan Plan(string repository, params (string Name, string Value)[] settings)
    {
        ImageReference.TryParse(repository, out var reference).ShouldBeTrue();
        return RegistryPlan.Read(PolicyFixture.Settings([.. settings.Any(item => item.Name == "SupplyChainMutableTags") ? [] : new[] { ("SupplyChainMutableTags", "latest") }, .. settings]), reference!);
    }

    private async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var result = await Cli.Wrap(Toolchain.Require(tool)).WithArguments(arguments).WithEnvironmentVariables(new Dictionary<string, string?> { ["HOME"] = _folder.Path }).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(Token);
        result.ExitCode.ShouldBe(0, result.StandardError);
        return result.StandardOutput;
    }
}
