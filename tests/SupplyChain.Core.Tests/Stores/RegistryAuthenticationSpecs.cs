using System.Text;
using SupplyChain.Core.Diagnostics;
using SupplyChain.Core.Images;
using SupplyChain.Core.Stores;
using SupplyChain.TestKit;

namespace SupplyChain.Core.Tests.Stores;

public sealed class RegistryAuthenticationSpecs : IAsyncDisposable
{
    private const string Secret = "s3cret-pa55word";
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly (string User, string Password) Account = ("ada", Secret);
    private readonly TestFolder _folder = new();
    private readonly RegistryBench _bench = new();
    private readonly List<TestRegistry> _registries = [];

    [Fact]
    public async Task Basic_authentication_is_asked_for_once()
    {
        var registry = Registry(new TestRegistryOptions { Account = Account });
        await PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret)));
        registry.Requests.Where(r => r.IsWrite).ShouldAllBe(r => r.Status < 300);
    }

    [Fact]
    public async Task One_bearer_token_serves_a_whole_push()
    {
        var registry = Registry(new TestRegistryOptions { Account = Account, Tokens = true });
        await PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret)));
        var asked = registry.Requests.Where(r => r.Path.StartsWith("/token", StringComparison.Ordinal)).ToArray();
        // Quoted commas of the challenge are part of its values, its second scope is asked for too.
        Uri.UnescapeDataString(asked.ShouldHaveSingleItem().Path).ShouldBe("/token?service=test, registry&scope=repository:team/app:pull,push&scope=registry:catalog:*&client_id=supplychain-build");
    }

    [Fact]
    public async Task A_store_that_only_reads_asks_for_no_more_than_that()
    {
        var registry = Registry(new TestRegistryOptions { Tokens = true });
        await _bench.Store(registry.Host, change: s => s with { Writes = false }).ResolveTagAsync("1.0", Token);
        Uri.UnescapeDataString(registry.Requests.Single(r => r.Path.StartsWith("/token", StringComparison.Ordinal)).Path).ShouldContain("scope=repository:team/app:pull&");
    }

    [Fact]
    public async Task An_expired_token_is_replaced_in_the_middle_of_a_push()
    {
        var registry = Registry(new TestRegistryOptions { Account = Account, Tokens = true });
        var expired = false;
        registry.Before = call =>
        {
            if (!expired && call.Method == "PUT")
            {
                expired = true;
                registry.ExpireTokens();
            }
            return null;
        };
        await PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret)));
        registry.Requests.Count(r => r.Path.StartsWith("/token", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task An_identity_token_is_exchanged_by_post()
    {
        var registry = Registry(new TestRegistryOptions { Tokens = true, IdentityToken = Secret });
        await PushAsync(_bench.Store(registry.Host, credentials: new FixedCredentials(new RegistryCredential("the test") { IdentityToken = Secret })));
        registry.Requests.Where(r => r.Path.StartsWith("/token", StringComparison.Ordinal)).ShouldAllBe(r => r.Method == "POST");
    }

    [Fact]
    public async Task A_token_server_that_knows_only_post_gets_the_password_by_post()
    {
        var registry = Registry(new TestRegistryOptions { Tokens = true, Account = Account, IdentityToken = "unused-token" });
        await PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wrong_credentials_are_refused_with_where_they_came_from_and_what_to_do(bool tokens)
    {
        var registry = Registry(new TestRegistryOptions { Account = ("ada", "another-password"), Tokens = tokens });
        var failure = await RegistryBench.FailureAsync(() => PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret))), DiagnosticCodes.RegistryRefusedCredentials);
        failure.Message.ShouldContain($"{registry.Host} refused the credentials from the test (401)");
        failure.Message.ShouldContain($"docker login {registry.Host}");
        failure.Message.ShouldContain("DOTNET_CONTAINER_PUSH_REGISTRY_UNAME");
        failure.Message.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task Missing_credentials_are_named_as_missing()
    {
        var registry = Registry(new TestRegistryOptions { Account = Account });
        var failure = await RegistryBench.FailureAsync(() => PushAsync(_bench.Store(registry.Host)), DiagnosticCodes.RegistryRefusedCredentials);
        failure.Message.ShouldContain("without credentials (401); there are no credentials in this test");
    }

    [Fact]
    public async Task A_right_that_is_missing_is_named()
    {
        var registry = Registry();
        registry.Before = call => call.Method == "POST" ? TestRegistry.Error(403, "DENIED", "requested access to the resource is denied") : null;
        var failure = await RegistryBench.FailureAsync(() => PushAsync(_bench.Store(registry.Host)), DiagnosticCodes.RegistryRefusedCredentials);
        failure.Message.ShouldContain("may push to team/app");
    }

    [Fact]
    public async Task Credentials_do_not_go_to_a_token_server_on_another_host()
    {
        var registry = Registry(new TestRegistryOptions { Account = Account, Tokens = true, Realm = "https://auth.elsewhere.example/token" });
        var failure = await RegistryBench.FailureAsync(() => PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret))), DiagnosticCodes.AuthenticationHostNotTrusted);
        failure.Message.ShouldContain("<SupplyChainTrustedAuthenticationHost Include=\"auth.elsewhere.example\" />");
    }

    [Theory]
    // registry, realm, trusted, may receive credentials
    [InlineData("registry.example", "https://registry.example/token", "", true)]
    [InlineData("registry.example:5000", "https://registry.example/token", "", true)]
    [InlineData("registry.example", "http://registry.example/token", "", false)]
    [InlineData("registry.example", "https://auth.registry.example/token", "", false)]
    [InlineData("registry.example", "https://auth.example/token", "", false)]
    [InlineData("registry.example", "https://auth.example/token", "auth.example", true)]
    [InlineData("registry.example", "http://auth.example/token", "auth.example", false)]
    [InlineData("registry.example", "https://evil.example/auth.example", "auth.example", false)]
    [InlineData("registry.example", "https://auth.example@evil.example/token", "auth.example", false)]
    [InlineData("registry.example", "http://localhost:1/token", "", false)]
    [InlineData("docker.io", "https://auth.docker.io/token", "", true)]
    [InlineData("registry.gitlab.com", "https://gitlab.com/jwt/auth", "", true)]
    [InlineData("registry.example", "https://auth.docker.io/token", "", false)]
    [InlineData("localhost:5000", "http://localhost:5001/token", "", true)]
    [InlineData("insecure.example", "http://insecure.example/token", "", true)]
    [InlineData("insecure.example", "http://insecure.example:81/token", "", false)]
    public async Task Credentials_go_to_the_registrys_own_host_and_to_trusted_ones_only(string host, string realm, string trusted, bool allowed)
    {
        var recorder = new Recorder(request => request.RequestUri!.AbsolutePath.StartsWith("/v2/", StringComparison.Ordinal)
            ? Challenge($"Bearer realm=\"{realm}\",service=\"s\"")
            : new HttpResponseMessage(System.Net.HttpStatusCode.Forbidden));
        using var http = new HttpClient(recorder);
        _bench.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = "insecure.example";
        var settings = _bench.Settings with { TrustedAuthenticationHosts = trusted.Length == 0 ? [] : [trusted] };
        var store = new RegistryStore(new ImageReference(host, "team/app"), http, FixedCredentials.Password("ada", Secret), settings);

        await RegistryBench.FailureAsync(() => store.ResolveTagAsync("1", Token), allowed ? DiagnosticCodes.RegistryRefusedCredentials : DiagnosticCodes.AuthenticationHostNotTrusted);

        recorder.Sent.Any(s => s.Authorization is not null).ShouldBe(allowed);
        recorder.Sent.Where(s => s.Authorization is not null).ShouldAllBe(s => s.Uri.Host == new Uri(realm).Host);
    }

    [Fact]
    public async Task A_redirect_to_blob_storage_takes_no_token_along()
    {
        var content = SampleImage.Bytes(1000, "blob");
        var storage = Registry();
        storage.AddBlob("store/a", content);
        var registry = Registry(new TestRegistryOptions { Account = Account });
        registry.After = (call, reply) => reply.Status == 404 && call.Path.Contains("/blobs/")
            ? new HttpReply(307, [], ("Location", $"http://{storage.Host}/v2/store/a/blobs/{Digest.Of(content)}?signature=abc"))
            : reply;
        var store = _bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret));
        await using var stream = await store.ReadBlobAsync(SampleImage.Describe(content), Token);
        await stream.CopyToAsync(Stream.Null, Token);
        storage.Calls.ShouldHaveSingleItem().Authorization.ShouldBeNull();
    }

    [Fact]
    public async Task An_upload_that_is_sent_to_another_host_takes_no_token_along()
    {
        var storage = Registry();
        var registry = Registry(new TestRegistryOptions { Account = Account });
        var image = SampleImage.Write(_folder);
        registry.After = (call, reply) => call.Method == "POST" && reply.Status == 202 ? reply.With("Location", $"http://{storage.Host}/upload/1") : reply;
        storage.Before = call =>
        {
            registry.AddBlob("team/app", File.ReadAllBytes(image.BlobPath(image.Platforms[0].Config.Digest)));
            return new HttpReply(201, []);
        };
        var store = _bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret));
        await store.WriteBlobAsync(image.Platforms[0].Config, () => File.OpenRead(image.BlobPath(image.Platforms[0].Config.Digest)), Token);
        storage.Calls.ShouldHaveSingleItem().Authorization.ShouldBeNull();
    }

    [Fact]
    public async Task A_registry_that_came_by_https_leads_nobody_to_plain_http()
    {
        foreach (var status in new[] { System.Net.HttpStatusCode.TemporaryRedirect, System.Net.HttpStatusCode.Accepted })
        {
            var recorder = new Recorder(_ => new HttpResponseMessage(status) { Headers = { Location = new Uri("http://elsewhere.example/blob") } });
            using var http = new HttpClient(recorder);
            var store = new RegistryStore(new ImageReference("registry.example", "team/app"), http, new FixedCredentials(null), _bench.Settings);
            var failure = status == System.Net.HttpStatusCode.Accepted
                ? await RegistryBench.FailureAsync(() => store.WriteBlobAsync(SampleImage.Describe([1]), () => new MemoryStream([1]), Token), DiagnosticCodes.RegistryError)
                : await RegistryBench.FailureAsync(() => store.ReadManifestAsync(Digest.Of([]), Token), DiagnosticCodes.RegistryError);
            failure.Message.ShouldContain("not protected by https");
            recorder.Sent.ShouldAllBe(s => s.Uri.Scheme == "https");
        }
    }

    [Theory]
    [InlineData(0)]
    // Where a long text is cut.
    [InlineData(295)]
    public async Task No_message_holds_a_secret_even_where_the_registry_sends_it_back(int before)
    {
        var registry = Registry(new TestRegistryOptions { Account = Account, Tokens = true });
        registry.After = (call, reply) => call.Method == "POST"
            ? TestRegistry.Error(500, "UNKNOWN", $"{new string('x', before)}{Secret} {call.Authorization} ##vso[task.setvariable]\u001b[31m\n::error::{new string('x', 5000)}")
            : reply;
        var failure = await RegistryBench.FailureAsync(() => PushAsync(_bench.Store(registry.Host, credentials: FixedCredentials.Password("ada", Secret))), DiagnosticCodes.RegistryError);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"ada:{Secret}"));
        foreach (var text in _bench.Log.Append(failure.Message))
        {
            text.ShouldNotContain(Secret[..4]);
            text.ShouldNotContain("##");
            text.ShouldNotContain(basic);
            text.ShouldNotContain("of-the-test-registry");
            text.ShouldNotContain("\n");
            text.ShouldNotContain("\u001b");
            text.Length.ShouldBeLessThan(1000);
        }
    }

    [Theory]
    [InlineData("""{"token":"a b\r\nX-Evil: 1"}""")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":5}""")]
    [InlineData("""[]""")]
    [InlineData("<html>")]
    public async Task A_token_answer_that_is_no_token_is_a_coded_error(string answer)
    {
        var registry = Registry(new TestRegistryOptions { Tokens = true });
        registry.Before = call => call.Path == "/token" ? new HttpReply(200, Encoding.UTF8.GetBytes(answer)) : null;
        await RegistryBench.FailureAsync(() => _bench.Store(registry.Host).ResolveTagAsync("1.0", Token), DiagnosticCodes.RegistryError);
    }

    [Fact]
    public async Task A_registry_that_never_accepts_its_own_tokens_does_not_keep_us_for_ever()
    {
        var registry = Registry(new TestRegistryOptions { Tokens = true });
        registry.After = (call, reply) =>
        {
            registry.ExpireTokens();
            return reply;
        };
        await RegistryBench.FailureAsync(() => _bench.Store(registry.Host).ResolveTagAsync("1.0", Token), DiagnosticCodes.RegistryRefusedCredentials);
        registry.Requests.Count.ShouldBeLessThan(10);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var registry in _registries)
            await registry.DisposeAsync();
        _bench.Dispose();
        _folder.Dispose();
    }

    private static HttpResponseMessage Challenge(string value)
    {
        var response = new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", value);
        return response;
    }

    private TestRegistry Registry(TestRegistryOptions? options = null)
    {
        var registry = new TestRegistry(options);
        _registries.Add(registry);
        return registry;
    }

    private async Task PushAsync(IImageStore store)
    {
        var image = SampleImage.Write(_folder);
        await new ImagePusher().PushAsync(image, store, SampleImage.Passed(image), Token);
    }

    private sealed class Recorder(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<(Uri Uri, string? Authorization)> Sent { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent.Add((request.RequestUri!, request.Headers.Authorization?.ToString()));
            return Task.FromResult(answer(request));
        }
    }
}
