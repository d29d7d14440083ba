using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class DockerCredentialsSpecs : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly TestFolder _home = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly List<string> _log = [];

    [Fact]
    public async Task The_sdks_variables_come_first_in_the_sdks_order()
    {
        Config("""{"auths":{"registry.example":{"auth":"YTpi"}}}""");
        (await FindAsync()).Credential!.UserName.ShouldBe("a");
        Set("SDK_CONTAINER_REGISTRY", "legacy");
        (await FindAsync()).Credential!.UserName.ShouldBe("legacy");
        Set("DOTNET_CONTAINER_REGISTRY", "general");
        (await FindAsync()).Credential!.UserName.ShouldBe("general");
        Set("DOTNET_CONTAINER_PUSH_REGISTRY", "push");
        (await FindAsync()).Explanation.ShouldBe("the environment variable DOTNET_CONTAINER_PUSH_REGISTRY_UNAME");
    }

    [Fact]
    public async Task A_password_may_hold_colons_and_a_token_wins_over_it()
    {
        Config($$"""{"auths":{"registry.example":{"auth":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes("ada:a:b:c\0"))}}"},"token.example":{"auth":"YTpi","identitytoken":"idt"},"ready.example":{"registrytoken":"rt"} } }""");
        (await FindAsync()).Credential!.Password.ShouldBe("a:b:c");
        (await FindAsync("token.example")).Credential!.IdentityToken.ShouldBe("idt");
        (await FindAsync("ready.example")).Credential!.RegistryToken.ShouldBe("rt");
    }

    [Theory]
    [InlineData("docker.io")]
    [InlineData("registry-1.docker.io")]
    public async Task Docker_hub_is_found_under_its_old_name(string registry)
    {
        Config("""{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"}}}""");
        (await FindAsync(registry)).Credential!.UserName.ShouldBe("a");
    }

    [Theory]
    [InlineData("registry.example", "other/app", "host")]
    [InlineData("registry.example", "team/other", "team")]
    [InlineData("registry.example", "team/app", "repository")]
    [InlineData("registry.example", "teams/app", "host")]
    [InlineData("url.example", "team/app", "url")]
    [InlineData("example", "team/app", null)]
    public async Task Podmans_keys_may_name_a_part_of_a_registry_and_the_most_specific_wins(string registry, string repository, string? user)
    {
        static string Auth(string user) => Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":p"));
        Directory.CreateDirectory(_home.File(".config/containers"));
        File.WriteAllText(_home.File(".config/containers/auth.json"), $$"""
            {"auths":{"registry.example":{"auth":"{{Auth("host")}}"},"registry.example/team":{"auth":"{{Auth("team")}}"},
            "registry.example/team/app":{"auth":"{{Auth("repository")}}"},"https://url.example/v2/":{"auth":"{{Auth("url")}}" } } }
            """);
        (await FindAsync(registry, repository)).Credential?.UserName.ShouldBe(user);
    }

    [Fact]
    public async Task A_helper_for_the_host_is_asked_first_then_the_store_by_the_real_protocol()
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper("one", "read host; [ \"$1 $host\" = \"get registry.example\" ] && echo '{\"ServerURL\":\"registry.example\",\"Username\":\"ada\",\"Secret\":\"from-one\"}'");
        Helper("two", "read host; echo '{\"ServerURL\":\"x\",\"Username\":\"<token>\",\"Secret\":\"from-two\"}'");
        Config("""{"credHelpers":{"registry.example":"one"},"credsStore":"two","auths":{"registry.example":{"auth":"YTpi"}}}""");
        var found = await FindAsync();
        (found.Credential!.Password, found.Explanation).ShouldBe(("from-one", "the credential helper 'one'"));
        (await FindAsync("other.example")).Credential!.IdentityToken.ShouldBe("from-two");
    }

    [Fact]
    public async Task A_helper_that_knows_nothing_leads_on_to_the_next_place()
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper("empty", "echo credentials not found in native keychain; exit 1");
        Config("""{"credHelpers":{"registry.example":"empty"},"credsStore":"empty","auths":{"registry.example":{"auth":"YTpi"}}}""");
        (await FindAsync()).Credential!.UserName.ShouldBe("a");
    }

    [Theory]
    [InlineData("echo top-secret; exit 1", "exit code 1")]
    [InlineData("echo top-secret", "not the JSON")]
    [InlineData("echo '{\"Username\":5,\"Secret\":{}}'", "not the JSON")]
    public async Task A_helper_that_fails_is_an_error_without_its_words(string script, string why)
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper("bad", script);
        Config("""{"credHelpers":{"registry.example":"bad"}}""");
        var failure = await RegistryBench.FailureAsync(() => FindAsync(), DiagnosticCodes.CredentialHelperFailed);
        failure.Message.ShouldContain(why);
        failure.Message.ShouldNotContain("top-secret");
    }

    [Fact]
    public async Task A_helper_named_for_this_host_that_is_missing_is_an_error()
    {
        Config("""{"credHelpers":{"registry.example":"ecr-login"}}""");
        (await RegistryBench.FailureAsync(() => FindAsync(), DiagnosticCodes.CredentialHelperFailed)).Message.ShouldContain("docker-credential-ecr-login on PATH");
    }

    [Fact]
    public async Task A_helper_in_the_current_folder_or_by_a_path_is_never_run()
    {
        _environment["PATH"] = ".";
        Config("""{"credHelpers":{"registry.example":"../../tmp/evil"}}""");
        await RegistryBench.FailureAsync(() => FindAsync(), DiagnosticCodes.CredentialHelperFailed);
        var here = Path.Combine(Directory.GetCurrentDirectory(), "docker-credential-inthisfolder");
        await File.WriteAllTextAsync(here, "#!/bin/sh\n", Token);
        try
        {
            Config("""{"credHelpers":{"registry.example":"inthisfolder"}}""");
            await RegistryBench.FailureAsync(() => FindAsync(), DiagnosticCodes.CredentialHelperFailed);
        }
        finally
        {
            File.Delete(here);
        }
    }

    [Fact]
    public async Task A_credential_store_that_is_not_installed_here_is_mentioned_and_no_error()
    {
        Config("""{"credsStore":"desktop.exe","auths":{}}""");
        var found = await FindAsync();
        found.Credential.ShouldBeNull();
        found.Explanation.ShouldContain("'desktop.exe'");
    }

    [Theory]
    [InlineData("not json at all: top-secret")]
    [InlineData("[]")]
    [InlineData("""{"auths":{"registry.example":{"auth":"%%%"}}}""")]
    [InlineData("""{"auths":{"registry.example":{"auth":"YWJj"}}}""")]
    public async Task A_file_that_cannot_be_read_is_named_without_its_content(string text)
    {
        Config(text);
        var failure = await RegistryBench.FailureAsync(() => FindAsync(), DiagnosticCodes.CredentialFileUnreadable);
        failure.Message.ShouldContain(_home.File(".docker/config.json"));
        failure.Message.ShouldNotContain("top-secret");
    }

    [Fact]
    public async Task DOCKER_CONFIG_replaces_the_home_folder()
    {
        Config("""{"auths":{"registry.example":{"auth":"YTpi"}}}""");
        Directory.CreateDirectory(_home.File("elsewhere"));
        _environment["DOCKER_CONFIG"] = _home.File("elsewhere");
        (await FindAsync()).Explanation.ShouldBe("there are no credentials for registry.example on this machine");
        File.Copy(_home.File(".docker/config.json"), _home.File("elsewhere/config.json"));
        (await FindAsync()).Credential!.Source.ShouldBe(_home.File("elsewhere/config.json"));
    }

    [Fact]
    public void A_credential_never_shows_its_secret() =>
        new RegistryCredential("here") { UserName = "a", Password = "top-secret" }.ToString().ShouldBe("here");

    public void Dispose() => _home.Dispose();

    private Task<CredentialLookup> FindAsync(string registry = "registry.example", string repository = "team/app") =>
        new DockerCredentials(_environment.GetValueOrDefault, _home.Path, new CredentialHelper(_environment.GetValueOrDefault, CredentialHelper.RealProcess), _log.Add)
            .FindAsync(new ImageReference(registry, repository), Token);

    private void Set(string prefix, string user)
    {
        _environment[prefix + "_UNAME"] = user;
        _environment[prefix + "_PWORD"] = "secret";
    }

    private void Config(string json)
    {
        Directory.CreateDirectory(_home.File(".docker"));
        File.WriteAllText(_home.File(".docker/config.json"), json);
    }

    private void Helper(string name, string script)
    {
        // Written by another process: a file that this process has just had open for writing may be busy for as long as a parallel test's fork lives.
        var file = _home.File("docker-credential-" + name);
        File.WriteAllText(file + ".txt", "#!/bin/sh\n" + script + "\n");
        using var copy = System.Diagnostics.Process.Start("/bin/sh", ["-c", "cp \"$0.txt\" \"$0\" && chmod 755 \"$0\"", file]);
        copy.WaitForExit();
        _environment["PATH"] = _home.Path;
    }
}
